import { describe, expect, test } from 'vitest'
import { commandLineSettings, type Given, readConfig, settingsSchema, settle } from '../../engine/config/index.ts'
import { settingsShape, settingsTable } from '../../engine/config/table.ts'
import { valueAt } from '../../engine/flow/path.ts'

const settled = (text: string, given: Given[] = []) => settle(readConfig(text, 'rulewire.json'), given)
const fromOf = (result: ReturnType<typeof settle>, name: string) =>
  result.entries.find((entry) => entry.name === name)?.from

describe('settings', () => {
  test('without file and options are the defaults, and each says so', () => {
    const { settings, entries } = settle(undefined, [])
    expect(settings).toEqual(settingsSchema.parse({}))
    expect(settings).toMatchObject({ flows: './flows', http: { port: 1870 }, limits: { outbox: { policy: 'block' } } })
    expect(new Set(entries.map(({ from }) => from))).toEqual(new Set(['default']))
  })

  test('what is given goes before the file, the file before the defaults; what comes later wins', () => {
    const result = settled('{ "http": { "port": 1, "host": "::1" },\n  "log": { "level": "warn" } }', [
      { path: ['http', 'port'], value: 2, from: 'RULEWIRE_PORT' },
      { path: ['http', 'port'], value: 3, from: '--port' },
    ])
    expect(result.settings.http).toMatchObject({ host: '::1', port: 3, allowedHosts: [] })
    expect(fromOf(result, 'http.port')).toBe('--port')
    expect(fromOf(result, 'http.host')).toBe('rulewire.json:1:24')
    expect(fromOf(result, 'log.level')).toBe('rulewire.json:2:12')
    expect(fromOf(result, 'log.format')).toBe('default')
  })

  test('connections of the command line join those of the file, by name', () => {
    const file = '{ "connections": { "a": { "url": "mqtt://a", "keepalive": "5s" }, "b": { "url": "mqtt://b" } } }'
    const given = (name: string, value: string) => ({ path: ['connections', name, 'url'], value, from: '--connection' })
    const { settings } = settled(file, [given('a', 'mqtt://other'), given('c', 'mqtt://c')])
    expect(settings.connections).toMatchObject({
      a: { url: 'mqtt://other', keepalive: 5000 },
      b: { url: 'mqtt://b' },
      c: { url: 'mqtt://c', keepalive: 30_000 },
    })
  })

  test('show no password: those in URLs are hidden, secrets are named', () => {
    const { entries } = settled(
      '{ "connections": { "a": { "url": "mqtt://me:canary@a:1", "username": "canary", "password": { "$secret": "plant" } } } }',
    )
    expect(JSON.stringify(entries)).not.toContain('canary')
    expect(entries).toContainEqual(
      expect.objectContaining({ name: 'connections.a.url', value: 'mqtt://(hidden)@a:1', from: 'rulewire.json:1:27' }),
    )
    expect(entries).toContainEqual(
      expect.objectContaining({ name: 'connections.a.password', value: { $secret: 'plant' } }),
    )
  })

  test('of a file with problems are refused with all of them', () => {
    const call = () => settled('{ "lag": {}, "durability": "some" }')
    expect(call).toThrow(
      expect.objectContaining({
        code: 'CONFIG_PROBLEMS',
        problems: [expect.objectContaining({ line: 1 }), expect.objectContaining({ line: 1 })],
      }),
    )
  })
})

describe('the table of settings', () => {
  test('describes every setting and gives each a default, a list or nothing', () => {
    for (const { path, schema } of settingsTable()) expect(schema.description, path.join('.')).toMatch(/[^.]+\.$/)
  })

  test('tells each default as it is written in a file: transformed values have a prefault()', () => {
    const parsed = settingsSchema.parse({})
    for (const { path, schema } of settingsTable()) {
      const { value } = valueAt(parsed, path)
      if (value !== undefined) expect(schema.default, path.join('.')).toBeDefined()
    }
    const { entries } = settle(undefined, [])
    expect(entries).toContainEqual({ name: 'log.repeats', value: '10s', from: 'default' })
  })

  test('derives each option once, with a variable of ours', () => {
    const lines = commandLineSettings().map(({ line }) => line)
    expect(lines.length).toBeGreaterThan(15)
    expect(new Set(lines.map(({ flag }) => flag)).size).toBe(lines.length)
    expect(new Set(lines.map(({ variable }) => variable)).size).toBe(lines.length)
    for (const { flag, variable } of lines) {
      expect(flag).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(variable).toMatch(/^RULEWIRE_[A-Z_]+$/)
    }
  })

  test('an empty section is the section of defaults', () => {
    for (const [name, schema] of Object.entries(settingsShape().properties ?? {})) {
      if (schema.properties === undefined) continue
      expect(settingsSchema.parse({ [name]: {} })).toEqual(settingsSchema.parse({}))
    }
  })
})
