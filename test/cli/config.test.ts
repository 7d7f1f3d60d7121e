import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../tools/temporary.ts'
import { rulewire } from './terminal.ts'

let file: string
let remove: () => void
beforeEach(() => {
  const made = temporaryDirectory('config')
  file = join(made.path, 'rulewire.json')
  remove = made.remove
})
afterEach(() => remove())

const print = async (args: string[], env: Record<string, string> = {}) => {
  const { code, out, err } = await rulewire(['config', 'print', '--json', ...args], env)
  expect(err).toBe('')
  expect(code).toBe(0)
  const entries = JSON.parse(out) as { name: string; value: unknown; from: string }[]
  return new Map(entries.map(({ name, ...rest }) => [name, rest]))
}

describe('config print', () => {
  test('shows the effective value of every setting and where it comes from', async () => {
    writeFileSync(file, '{\n  "http": { "port": 1, "host": "::1" },\n  "log": { "level": "warn", "format": "json" }\n}')
    const env = { RULEWIRE_CONFIG: file, RULEWIRE_LOG_LEVEL: 'error', RULEWIRE_PORT: '2' }
    const entries = await print(['--port', '3', '--connection', 'plant=mqtt://plant:1883'], env)
    expect(entries.get('http.port')).toEqual({ value: 3, from: '--port' })
    expect(entries.get('log.level')).toEqual({ value: 'error', from: 'RULEWIRE_LOG_LEVEL' })
    expect(entries.get('log.format')).toEqual({ value: 'json', from: `${file}:3:29` })
    expect(entries.get('durability')).toEqual({ value: 'full', from: 'default' })
    expect(entries.get('connections.plant.url')).toEqual({ value: 'mqtt://plant:1883', from: '--connection' })
  })

  test('is for people, too: one line a setting', async () => {
    const { code, out } = await rulewire(['config', '--port', '7'])
    expect(code).toBe(0)
    expect(out).toMatch(/^http\.port +7 +--port$/m)
    expect(out).toMatch(/^mqtt\.port +1883 +default$/m)
  })

  test('every option of start reaches its setting', async () => {
    const entries = await print([
      ...['--flows=f', '--data=d', '--host=h', '--port=1', '--mqtt-host=m', '--mqtt-port=2', '--broker=mqtt://b'],
      ...['--broker-ca=ca', '--broker-cert=cert', '--broker-key=key', '--connection=p=ws://p', '--outbox-limit=3'],
      ...['--outbox-policy=drop-oldest', '--durability=normal', '--allowed-host=a', '--allowed-host=b:1'],
      ...['--without-login', '--log-level=debug', '--log-format=json'],
    ])
    const values = Object.fromEntries([...entries].map(([name, { value }]) => [name, value]))
    expect(values).toMatchObject({
      ...{ flows: 'f', data: 'd', 'http.host': 'h', 'http.port': 1, 'mqtt.host': 'm', 'mqtt.port': 2 },
      ...{ 'connections.default.url': 'mqtt://b', 'connections.p.url': 'ws://p' },
      ...{ 'brokerTls.ca': 'ca', 'brokerTls.cert': 'cert', 'brokerTls.key': 'key' },
      ...{ 'limits.outbox.rows': 3, 'limits.outbox.policy': 'drop-oldest', durability: 'normal' },
      ...{ 'http.allowedHosts': ['a', 'b:1'], withoutLogin: true, 'log.level': 'debug', 'log.format': 'json' },
    })
  })

  test('a password of a broker is not shown, not even in an error', async () => {
    const { out } = await rulewire(['config', 'print', '--broker', 'mqtts://me:can@ary@b:8883'])
    expect(out).toContain('mqtts://(hidden)@b:8883')
    expect(out).not.toMatch(/can|ary/)
    for (const option of ['--broker=http://me:canary@b', '--connection=plant=http://me:canary@b']) {
      const { err } = await rulewire(['config', 'print', option])
      expect(err).toMatch(/OPTION_VALUE .*\(hidden\)@b/)
      expect(err).not.toContain('canary')
    }
  })

  test('tells of a variable that nothing reads', async () => {
    const { code, err } = await rulewire(['config', 'print'], { RULEWIRE_PROT: '1' })
    expect(code).toBe(0)
    expect(err).toContain('RULEWIRE_PROT is set and nothing reads it; did you mean "RULEWIRE_PORT"?')
  })
})

describe('config check', () => {
  test('lists all problems with their places and ends with 1', async () => {
    writeFileSync(file, '{\n  "http": { "prot": 1 },\n  "durability": "some"\n}')
    const { code, out } = await rulewire(['config', 'check', file])
    expect(code).toBe(1)
    expect(out).toContain(`${file}:2:13 error UNKNOWN_FIELD There is no field "prot" here; did you mean "port"?`)
    expect(out).toContain(`${file}:3:3 error WRONG_VALUE "durability" is "some"`)
    expect(out).toContain('2 problems')
  })

  test('ends with 0 for a sound file, and says when there is none to check', async () => {
    writeFileSync(file, '{}')
    expect(await rulewire(['config', 'check', file])).toMatchObject({ code: 0, out: `${file}: 0 problems\n` })
    expect((await rulewire(['config', 'check'])).out).toContain('There is no rulewire.json here')
    expect((await rulewire(['config', 'check', `${file}x`])).err).toContain('FILE_UNREADABLE')
  })
})

describe('start', () => {
  test('with a config file that has problems ends with 2 and lists them', async () => {
    writeFileSync(file, '{ "http": { "port": "x" } }')
    const { code, err } = await rulewire(['start', '--config', file])
    expect(code).toBe(2)
    expect(err).toContain('rulewire: CONFIG_PROBLEMS')
    expect(err).toContain(`${file}:1:13 error WRONG_VALUE "port" is "x": that is text.`)
  })

  test('with a config file that is not there ends with an error', async () => {
    const { code, err } = await rulewire(['start', '--config', file])
    expect(code).toBe(1)
    expect(err).toContain('FILE_UNREADABLE')
  })
})
