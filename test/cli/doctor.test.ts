import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, test } from 'vitest'
import type { Finding } from '../../engine/host/doctor.ts'
import { openStore } from '../../engine/store/index.ts'
import { freePort } from '../tools/port.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { spawnRulewire } from './child.ts'
import { rulewire } from './terminal.ts'

let home: string
let data: string
let flows: string
beforeEach(() => {
  home = temporaryDirectory('doctor').path
  data = join(home, 'data')
  flows = join(home, 'flows')
  mkdirSync(flows)
  openStore(data).close()
})

const doctor = async (...args: string[]) => {
  const rest = ['--port', '0', '--mqtt-port', '0', '--json', ...args]
  const { code, out } = await rulewire(['doctor', '--data', data, '--flows', flows, ...rest])
  const findings = JSON.parse(out) as Finding[] // --json prints them
  return { code, findings, bad: findings.filter(({ state }) => state !== 'ok') }
}

describe('the doctor', () => {
  it('finds a healthy place healthy, also while an engine runs', async () => {
    const { code, bad, findings } = await doctor()
    expect(bad.filter(({ name }) => name !== 'disk')).toEqual([])
    expect(code).toBe(0)
    expect(findings.find(({ name }) => name === 'engine')?.text).toContain('no engine runs')
    const store = openStore(data)
    expect((await doctor()).findings.find(({ name }) => name === 'engine')?.text).toContain('an engine runs')
    store.close()
  })

  it('prints a line for each finding and what to do', async () => {
    chmodSync(data, 0o755)
    const { out, code } = await rulewire([
      'doctor',
      '--data',
      data,
      '--flows',
      flows,
      '--port',
      '0',
      '--mqtt-port',
      '0',
    ])
    expect(out).toMatch(/^warning {2}data directory {2}others can read .*\n {9}Take these rights away/m)
    expect(out).toMatch(/0 errors, \d+ warnings?\n$/)
    expect(code).toBe(0)
  })

  it('finds a damaged database', async () => {
    const file = join(data, 'rulewire.db')
    const bytes = readFileSync(file)
    bytes.fill(0xa5, 4096 * 2, 4096 * 5)
    writeFileSync(file, bytes)
    const { code, bad } = await doctor()
    expect(code).toBe(1)
    expect(bad).toContainEqual(expect.objectContaining({ name: 'database', state: 'error' }))
  })

  it('finds flows with errors, a config with problems, and ports that are taken', async () => {
    writeFileSync(join(flows, 'bad.json'), '{ "flow": "bad", "nodes": [{ "id": "a", "type": "filter" }], "wires": [] }')
    const config = join(home, 'rulewire.json')
    writeFileSync(config, '{ "htp": {} }')
    const { code, bad } = await doctor('--config', config)
    expect(code).toBe(1)
    const lines = bad.map(({ name, text }) => `${name}: ${text}`)
    expect(lines).toContainEqual(expect.stringMatching(/^config: .* has 1 problem\. htp/))
    expect(lines).toContainEqual(expect.stringMatching(/^flows: .*bad\.json: 1 error$/)) // of the directory that was named
    const flowsOnly = await doctor()
    expect(flowsOnly.bad).toContainEqual(
      expect.objectContaining({ name: 'flows', state: 'error', text: expect.stringContaining('1 error') }),
    )
    const port = await freePort()
    const server = createServer().listen(port, '127.0.0.1')
    const taken = await doctor('--port', String(port), '--mqtt-tls-port', String(port))
    await new Promise((resolve) => server.close(resolve))
    expect(taken.bad).toContainEqual(
      expect.objectContaining({ name: 'editor and API', text: expect.stringContaining('EADDRINUSE') }),
    )
    expect(taken.bad).toContainEqual(
      expect.objectContaining({ name: 'embedded broker', text: expect.stringContaining(`:${port} cannot be used`) }),
    )
  })

  it('C2: finds what a start would refuse', async () => {
    const { code, bad } = await doctor('--host', '0.0.0.0')
    expect(code).toBe(1)
    expect(bad).toContainEqual(expect.objectContaining({ name: 'exposure', state: 'error' }))
    expect((await doctor('--host', '127.0.0.1')).bad.filter(({ name }) => name === 'exposure')).toEqual([])
  })

  it('finds certificates that end, and keys that do not belong to them', async () => {
    const cert = join(home, 'cert.pem')
    const make = (days: number) =>
      execFileSync('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x'],
        ...['-days', String(days), '-keyout', join(home, 'key.pem'), '-out', cert],
      ])
    make(3)
    expect((await doctor('--broker-ca', cert)).bad).toContainEqual(
      expect.objectContaining({ state: 'warning', text: expect.stringContaining('cert.pem ends') }),
    )
    make(300)
    expect((await doctor('--broker-ca', cert)).bad.filter(({ name }) => name.endsWith('ca'))).toEqual([])
    const pair = (key: string) => doctor('--tls-cert', cert, '--tls-key', key)
    expect((await pair(join(home, 'key.pem'))).bad.filter(({ name }) => name === 'http.tls.cert')).toEqual([])
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', join(home, 'other.pem')])
    for (const [key, text] of [
      ['other.pem', 'is the key of another one'],
      ['missing.pem', 'cannot be read: ENOENT'],
    ] as const) {
      expect((await pair(join(home, key))).bad).toContainEqual(
        expect.objectContaining({ name: 'http.tls.cert', state: 'error', text: expect.stringContaining(text) }),
      )
    }
    expect((await doctor('--tls-cert', cert)).bad).toContainEqual(
      expect.objectContaining({ name: 'http.tls.cert', state: 'error', text: 'there is no key for it' }),
    )
    writeFileSync(cert, 'no certificate')
    expect((await doctor('--broker-ca', cert)).bad).toContainEqual(
      expect.objectContaining({ state: 'error', text: expect.stringContaining('cannot be read') }),
    )
  })
})

test('a diagnosis of a running engine holds no password, no payload and no config of a node', {
  timeout: 90_000,
}, async () => {
  const flow = {
    flow: 'attic',
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'a', qos: 1 } },
      {
        id: 'hook',
        type: 'http-out',
        config: { url: 'http://127.0.0.1:9/canary-path', headers: { x: 'canary-header' } },
      },
    ],
    wires: [{ from: 'in.out', to: 'hook.in' }],
  }
  writeFileSync(join(flows, 'attic.json'), JSON.stringify(flow))
  const where = ['--data', data, '--flows', flows, '--connection', 'plant=mqtt://canary-user:canary-word@127.0.0.1:9']
  const child = spawnRulewire(['start', ...where, '--port', '0', '--mqtt-port', '0'], {
    cwd: home,
    env: { RULEWIRE_SECRET_HOOK: 'canary-secret' },
  })
  try {
    await child.started()
    const body = JSON.stringify({ topic: 'a', payload: 'canary-payload', qos: 1 })
    const headers = { 'content-type': 'application/json' }
    expect((await fetch(`${child.url}/api/v1/publish`, { method: 'POST', headers, body })).status).toBe(200)
    const file = join(home, 'diag.json')
    const { code, out } = await rulewire(['diag', file, ...where, '--url', child.url])
    expect({ code, out }).toEqual({ code: 0, out: `${file} is written\n` })
    const text = readFileSync(file, 'utf8')
    expect(text).not.toContain('canary')
    expect(JSON.parse(text)).toMatchObject({
      engine: {
        flows: [
          {
            flow: 'attic',
            nodes: [
              { id: 'in', type: 'mqtt-in' },
              { id: 'hook', type: 'http-out' },
            ],
          },
        ],
      },
    })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  } finally {
    await child.kill()
  }
  const { out } = await rulewire(['diag', join(home, 'off.json'), ...where, '--url', 'http://127.0.0.1:9'])
  expect(out).toContain('the engine was not asked')
})
