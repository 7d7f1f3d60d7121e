import { describe, expect, it } from 'vitest'
import type { AnyNodeSpec } from '../../engine/node.ts'
import httpOut from '../../nodes/http-out.ts'
import query from '../../nodes/query.ts'
import store from '../../nodes/store.ts'
import { Bench, startTime } from './harness.ts'

const hour = 3_600_000

function issues(spec: AnyNodeSpec, config: unknown): string[] {
  const found: { path: PropertyKey[]; message: string }[] = spec.config.safeParse(config).error?.issues ?? []
  return found.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)
}

describe('the store node', () => {
  it('stores each kind of value as SQLite has it, and the time of the message', () => {
    const columns = Object.fromEntries(['n', 't', 'b', 'l', 'o', 'z', 'm'].map((name) => [name, `payload.${name}`]))
    const bench = new Bench(store, { table: 'all_kinds', columns })
    bench.send('in', { time: 5, payload: { n: 1.5, t: "it's", b: false, l: [1, null], o: { a: 1 }, z: null } })
    expect(bench.rows('all_kinds')).toEqual([
      { time: 5, n: 1.5, t: "it's", b: 0, l: '[1,null]', o: '{"a":1}', z: null, m: null },
    ])
  })

  it('adds a column that is new', () => {
    const before = new Bench(store, { table: 'grows', columns: { a: 'payload' } })
    before.send('in', { payload: 1 })
    const after = new Bench(store, { table: 'grows', columns: { a: 'payload', b: 'topic' } }, before)
    after.send('in', { topic: 't', payload: 2 })
    expect(after.rows('grows')).toMatchObject([
      { a: 1, b: null },
      { a: 2, b: 't' },
    ])
  })

  it('deletes by the time of measurement, and stops when it is told to keep all', () => {
    const before = new Bench(store, { table: 'kept', columns: {}, keep: '1h' })
    before.send('in', { time: startTime - 2 * hour })
    before.send('in', {})
    before.advance(hour / 2)
    expect(before.rows('kept')).toEqual([{ time: startTime }])
    const after = new Bench(store, { table: 'kept', columns: {} }, before)
    after.advance(10 * hour)
    expect(after.rows('kept')).toEqual([{ time: startTime }])
    expect(after.timers.size).toBe(0)
  })

  it('looks for old rows now and then, however long they are kept', () => {
    const wait = (keep: string) => {
      const bench = new Bench(store, { table: 'any', columns: {}, keep })
      return ([...bench.timers.values()][0]?.at ?? 0) - bench.now
    }
    expect(['1s', '10m', '10h', '365d'].map(wait)).toEqual([1000, 6000, 360_000, hour])
  })

  it.each([
    [{ table: 'a b', columns: {} }, 'table: "a b" cannot be a table or column name'],
    [{ table: 'rw_state', columns: {} }, 'table: "rw_state" cannot be a table or column name'],
    [{ table: 'SQLITE_x', columns: {} }, 'table: "SQLITE_x" cannot be a table or column name'],
    [{ table: 'x"; DROP TABLE y; --', columns: {} }, 'table: "x"; DROP TABLE y; --" cannot be a table or column name'],
    [{ table: 't', columns: { 'a-b': '1' } }, 'columns: "a-b" cannot be a table or column name'],
    [
      { table: 't', columns: { Time: '1' } },
      'columns.Time: the column "time" is there by itself; set the time of a message with mqtt-in or transform',
    ],
    [
      { table: 't', columns: { a: '1', A: '2' } },
      'columns: two columns differ only in upper and lower case, which SQLite ignores; rename one',
    ],
    [
      { table: 't', columns: {}, keep: '0s' },
      'keep: rows must be kept for longer than nothing; leave it out to keep them all',
    ],
  ])('refuses the config %j', (config, text) => {
    expect(issues(store, config)).toEqual([text])
  })
})

describe('the query node', () => {
  function answer(config: unknown, payload: unknown): unknown {
    const bench = new Bench(query, config)
    bench.database.exec("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    bench.send('in', { payload })
    const [found] = bench.takeSent().out ?? []
    return found === undefined ? bench.failures.map(({ code }) => code) : found.payload
  }

  it.each([
    [
      'rows',
      [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
    ],
    ['first', { a: 1, b: 'x' }],
    ['value', 1],
  ])('gives %s', (result, payload) => {
    expect(answer({ sql: 'SELECT a, b FROM t ORDER BY a', result }, null)).toEqual(payload)
  })

  it.each([
    ['rows', []],
    ['first', null],
    ['value', null],
  ])('gives for %s without a row', (result, payload) => {
    expect(answer({ sql: 'SELECT a FROM t WHERE a > 5', result }, null)).toEqual(payload)
  })

  it('C36: binds values and never makes SQL of them', () => {
    const config = { sql: "SELECT a FROM t WHERE b = :b -- not :this, nor ':that'", parameters: { b: 'payload' } }
    expect(answer(config, 'y')).toEqual([{ a: 2 }])
    expect(answer(config, "y' OR 1=1 --")).toEqual([])
    expect(answer(config, { $ne: 1 })).toEqual([])
  })

  it('C36: cannot write', () => {
    expect(answer({ sql: 'WITH x AS (SELECT 1) DELETE FROM t' }, null)).toEqual(['QUERY_FAILED'])
  })

  it.each([
    [{ sql: 'DELETE FROM t' }, 'sql: it starts with DELETE; start it with SELECT, WITH or VALUES'],
    [{ sql: '' }, 'sql: it starts with nothing that reads; start it with SELECT, WITH or VALUES'],
    [{ sql: 'SELECT 1; DROP TABLE t' }, 'sql: it holds more than one statement; keep one'],
    [{ sql: 'SELECT ?' }, 'sql: "?" is not how values are written here; use :name'],
    [
      { sql: 'SELECT * FROM "rw_users"' },
      'sql: "rw_users" is named as the engine\'s own tables are, which no query may read',
    ],
    [{ sql: 'SELECT @a' }, 'sql: "@a" is not how values are written here; use :name'],
    [{ sql: 'SELECT :a' }, 'parameters: the query needs :a, which is not among them; add "a" with its JSONata'],
    [
      { sql: 'SELECT :since', parameters: { since: '1', sinc: '1' } },
      'parameters.sinc: there is no :sinc in the query; did you mean "since"?',
    ],
  ])('refuses the config %j', (config, text) => {
    expect(issues(query, config)).toEqual([text])
  })

  it.each([
    "SELECT ';' AS a",
    'SELECT 1;',
    'SELECT "a:b", ":c" FROM t',
    "SELECT 'it''s ?' AS a",
    'SELECT 1 /* ; ? :x */',
    '  select 1',
  ])('accepts %s', (sql) => {
    expect(issues(query, { sql })).toEqual([])
  })
})

describe('the http-out node', () => {
  const url = 'https://example.test/hook'

  it.each([
    [{ a: 1 }, '{"a":1}', 'application/json'],
    [null, 'null', 'application/json'],
    ['text', 'text', 'text/plain; charset=utf-8'],
    [Uint8Array.of(1), Uint8Array.of(1), 'application/octet-stream'],
  ])('sends %j as %j, %s', (payload, body, type) => {
    const bench = new Bench(httpOut, { url })
    bench.send('in', { payload })
    expect(bench.effects).toMatchObject([{ method: 'POST', url, body, headers: { 'Content-Type': type } }])
  })

  it('keeps a content type that is written, and hands secrets on by their names', () => {
    const bench = new Bench(httpOut, {
      url,
      headers: { 'content-type': 'text/csv', Authorization: { $secret: 'hook' } },
    })
    bench.send('in', { payload: 'a,b' })
    expect(bench.effects).toMatchObject([
      { headers: { 'content-type': 'text/csv', Authorization: { $secret: 'hook' } } },
    ])
    expect(Object.keys(Reflect.get(bench.effects[0] ?? {}, 'headers'))).toEqual(['content-type', 'Authorization'])
  })

  it.each(['GET', 'HEAD', 'DELETE'])('sends no body with %s', (method) => {
    const bench = new Bench(httpOut, { url, method })
    bench.send('in', { payload: { a: 1 } })
    expect(bench.effects[0]).toMatchObject({ method, headers: {} })
    expect(bench.effects[0]).not.toHaveProperty('body')
  })

  it('orders by the key of the message unless it is told otherwise', () => {
    const orders = [{ url }, { url, order: 'payload.site' }].map((config) => {
      const bench = new Bench(httpOut, config)
      bench.send('in', { key: 'k', payload: { site: 7 } })
      return Reflect.get(bench.effects[0] ?? {}, 'order')
    })
    expect(orders).toEqual(['k', '7'])
  })

  it('fills parameters in percent-encoded', () => {
    const bench = new Bench(httpOut, { url: 'https://example.test/{a}?q={b}' })
    bench.send('in', { params: { a: 'x/../y', b: '&z=#1' }, payload: 1 })
    expect(bench.effects).toMatchObject([{ url: 'https://example.test/x%2F..%2Fy?q=%26z%3D%231' }])
  })

  it.each(['', '.', '..', undefined])('refuses the parameter %j', (value) => {
    const bench = new Bench(httpOut, { url: 'https://example.test/a/{b}' })
    bench.send('in', { params: value === undefined ? {} : { b: value }, payload: 1 })
    expect(bench.effects).toEqual([])
    expect(bench.failures.map(({ code }) => code)).toEqual(['WRONG_RESULT'])
  })

  it('gives the answer on the message that caused it', () => {
    const bench = new Bench(httpOut, { url })
    bench.send('in', { topic: 't', params: { a: 'b' }, payload: 1 })
    const message = Reflect.get(bench.effects[0] ?? {}, 'message')
    bench.answer({ kind: 'response', message, status: 200, headers: { etag: 'x' }, body: { ok: true }, attempts: 2 })
    expect(bench.takeSent().response).toMatchObject([
      { topic: 't', params: { a: 'b' }, payload: { ok: true }, status: 200, headers: { etag: 'x' } },
    ])
  })

  it('names the failure for good, without the query of the URL', () => {
    const bench = new Bench(httpOut, { url: `${url}?token=abc#d` })
    bench.send('in', { payload: 1 })
    const message = Reflect.get(bench.effects[0] ?? {}, 'message')
    bench.answer({ kind: 'failed', message, detail: 'it answered 404', status: 404, attempts: 1 })
    expect(bench.failures).toMatchObject([
      { code: 'REQUEST_FAILED', message: `POST ${url} failed: it answered 404.`, hint: 'It was tried 1 times.' },
    ])
    expect(bench.takeSent().error).toMatchObject([{ payload: 1 }])
  })

  it.each([
    [{}, 'url: neither "url" nor "urlFrom" is there; give one of them'],
    [{ url: 'ftp://example.test' }, 'url: it does not start with http:// or https://; write the whole URL'],
    [
      { url: 'https://{host}/x' },
      'url: the name of the server cannot be filled from a message; use "urlFrom" for that',
    ],
    [
      { url: 'https://me:secret@example.test/' },
      'url: a name and password do not belong into a URL; use a header with a secret',
    ],
    [
      { url: 'https://example.test/{a b}' },
      'url: a { or } is not part of a {name}; write %7B or %7D for the sign itself',
    ],
    [{ url: 'https://exa mple/' }, 'url: that is no URL; look at the server and the port'],
    [{ url: 'https://' }, 'url: that is no URL; look at the server and the port'],
    [{ url, headers: { 'a b': 'c' } }, 'headers.a b: a header is named by letters, digits and "-", such as X-Plant'],
    [
      { url, headers: { a: 'b\r\nc: d' } },
      'headers.a: it holds a line break or a sign that is not ASCII; write it without',
    ],
    [
      { url, headers: { 'Idempotency-Key': '1' } },
      'headers.Idempotency-Key: "Idempotency-Key" is set by the engine; leave it out',
    ],
    [{ url, retries: -1 }, 'retries: Too small: expected number to be >=0'],
    [{ url, timeout: '0s' }, 'timeout: an attempt needs some time; write 10s, for example'],
  ])('refuses the config %j', (config, text) => {
    expect(issues(httpOut, config)).toEqual([text])
  })

  it.each(['file:///etc/passwd', 'https://a:b@c/', 'example.test', '', 5, null])(
    'refuses %j as a computed address',
    (payload) => {
      const bench = new Bench(httpOut, { urlFrom: 'payload' })
      bench.send('in', { payload })
      expect(bench.effects).toEqual([])
      expect(bench.failures.map(({ code }) => code)).toEqual(['WRONG_RESULT'])
    },
  )
})
