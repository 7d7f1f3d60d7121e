import { describe, expect, test } from 'vitest'
import { readConfig } from '../../engine/config/index.ts'

const read = (text: string) => readConfig(text, 'rulewire.json')
const found = (text: string) =>
  read(text).problems.map(({ line, column, code, text, hint }) => `${line}:${column} ${code} ${text} ${hint}`)

describe('a config file', () => {
  test('may hold comments, and may be empty but for braces', () => {
    expect(read('{ // nothing\n /* at all */ }').problems).toEqual([])
    expect(read('\uFEFF{ "log": { "level": "debug" } } // end').document).toEqual({ log: { level: 'debug' } })
  })

  test('tells all problems at once: line, column, what was found, what to write, the nearest name', () => {
    const text = `{
  // the ports
  "http": { "port": 99999, "hots": "0.0.0.0" },
  "log": { "level": "loud", "repeats": "5" },
  "connections": {
    "plant": { "url": "http://plant", "password": "open" },
    "attic": { "url": "mqtt://attic", "keepalive": "0s" }
  },
  "limits": { "outbox": { "row": 5 } }
}`
    expect(found(text)).toEqual([
      '3:13 WRONG_VALUE "port" is 99999: that is above 65535. Write a whole number from 0 to 65535.',
      expect.stringMatching(
        /^3:28 UNKNOWN_FIELD There is no field "hots" here; did you mean "host"\? The fields are: host, port, /,
      ),
      '4:12 WRONG_VALUE "level" is "loud": that is not one of the choices. Write one of "debug", "info", "warn", "error".',
      expect.stringMatching(/^4:29 WRONG_VALUE "repeats" is "5": it is not a duration\. Write a number and a unit/),
      expect.stringMatching(
        /^6:16 WRONG_VALUE "url" is "http:\/\/plant": "http" is no scheme for this\. Write a URL such as mqtt:/,
      ),
      expect.stringMatching(/^6:39 WRONG_VALUE "password" is \(hidden\): that is text\. .*"\$secret"/),
      expect.stringMatching(/^7:39 WRONG_VALUE "keepalive" is "0s": that is out of range\. Write a duration from 1s/),
      '9:27 UNKNOWN_FIELD There is no field "row" here; did you mean "rows"? The fields are: rows, policy.',
    ])
  })

  test.each([
    ['[]', 'NOT_A_CONFIG', 1],
    ['"x"', 'NOT_A_CONFIG', 1],
    ['{ "log": }', 'BROKEN_JSON', 1],
    ['{\n "log": {},\n "log": {} }', 'DUPLICATE_FIELD', 3],
    ['{ "http": { "port": 1, } }', 'BROKEN_JSON', 1],
    ['{ /* "http": {} }', 'BROKEN_JSON', 1],
    ['', 'BROKEN_JSON', 1],
  ])('%j is refused as %s', (text, code, line) => {
    expect(read(text).problems).toEqual([expect.objectContaining({ code, file: 'rulewire.json' })])
    expect(read(text).problems[0]?.line).toBe(line)
    expect(read(text).document).toEqual({})
  })

  test('a connection besides the default one needs a URL', () => {
    expect(found('{ "connections": { "default": {}, "plant": {} } }')).toEqual([
      expect.stringMatching(/^1:35 WRONG_VALUE .*it has no "url".*Write "url": "mqtt:\/\/host:1883"/),
    ])
  })

  test.each([
    ['a password in place of its name', '"url": "mqtt://b", "password": "canary"'],
    ['a URL with another scheme', '"url": "http://me:canary@b"'],
    ['a URL with a password that is not encoded', '"url": "mqtt://me:can/can@ary/canary@b"'],
  ])('shows no password: %s', (_, fields) => {
    const problems = found(`{ "connections": { "plant": { ${fields} } } }`)
    expect(problems).toEqual([expect.stringContaining('(hidden)')])
    expect(problems.join()).not.toMatch(/can|me:/)
  })

  test('takes no login in the URL of the collector: it would not be sent', () => {
    expect(found('{ "telemetry": { "url": "https://me:canary@collector.example/v1/traces" } }')).toEqual([
      '1:18 WRONG_VALUE "url" is "https://(hidden)@collector.example/v1/traces": it holds a login, which is not sent. Write it into "headers", such as { "authorization": { "$secret": "collector" } }.',
    ])
  })

  test('lets history stop before intake, and not the other way round', () => {
    expect(found('{ "disk": { "history": "1GB", "intake": "1GB" } }')).toEqual([])
    expect(found('{ "disk": { "intake": "1GB" } }')).toEqual([
      '1:13 WRONG_VALUE "intake" is "1GB": it is more than "history", which has to stop first. Write a size that is not above that.',
    ])
  })

  test('relative paths belong to the directory of the file', () => {
    const { document } = readConfig(
      '{ "flows": "flows", "data": "/var/lib/rulewire", "connections": { "a": { "url": "mqtts://a", "ca": "ca.pem" } } }',
      '/etc/rulewire/rulewire.json',
    )
    expect(document).toMatchObject({
      flows: '/etc/rulewire/flows',
      data: '/var/lib/rulewire',
      connections: { a: { url: 'mqtts://a', ca: '/etc/rulewire/ca.pem' } },
    })
  })
})
