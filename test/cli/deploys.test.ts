import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lineDiff } from '../../engine/cli/line-diff.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { flowOf, startEngine, type TestEngine } from '../engine/start.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { fakeTerminal, rulewire } from './terminal.ts'

const flow = (when: string, more: Record<string, unknown> = {}) => ({
  ...flowOf(
    'warm',
    [
      ['in', 'mqtt-in', { topic: 'rooms/{room}' }],
      ['check', 'filter', { when }],
      ['out', 'mqtt-out', { topic: 'warm/{room}' }],
    ],
    ['in.out check.in', 'check.pass out.in'],
  ),
  ...more,
})

let engine: TestEngine
let server: RunningServer
let directory: string
beforeEach(async () => {
  engine = await startEngine()
  server = await startServer({ engine: engine.engine, host: '127.0.0.1', port: 0 })
  directory = join(temporaryDirectory('deploys').path, 'mine')
  mkdirSync(directory)
})
afterEach(async () => {
  await server.close()
  await engine.close()
})

const run = (...args: string[]) => rulewire(args, { RULEWIRE_URL: `http://127.0.0.1:${server.port}` })
const write = (document: unknown, name = 'warm') => {
  const file = join(directory, `${name}.json`)
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document, null, 2))
  return file
}
const ids = () => engine.engine.deploys.list('warm').items.map(({ id }) => id)

describe('rulewire deploy', () => {
  test('checks, shows what changes line by line, and deploys', async () => {
    const file = write(flow('payload > 20'))
    const first = await run('deploy', file, '--comment', 'the first one')
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toContain('warm (new)\n+ {\n')
    expect(first.out).toContain('warm: deployed (3 added)\n')
    expect(readFileSync(join(engine.flows, 'warm.json'), 'utf8')).toContain('payload > 20')
    write(flow('payload > 25'))
    const { out } = await run('deploy', file)
    expect(out).toContain('-     { "id": "check", "type": "filter", "config": { "when": "payload > 20" } },\n')
    expect(out).toContain('+     { "id": "check", "type": "filter", "config": { "when": "payload > 25" } },\n')
    expect(out).toContain('warm: deployed (1 changed)\n')
    expect(await run('deploy', file)).toMatchObject({ code: 0, out: 'warm: nothing to change\n' })
    const [newest, oldest] = engine.engine.deploys.list('warm').items
    expect([newest?.by, newest?.comment, oldest?.comment]).toEqual(['local', null, 'the first one'])
  })

  test('only shows with --dry-run', async () => {
    const { code, out } = await run('deploy', write(flow('payload > 20')), '--dry-run')
    expect(code).toBe(0)
    expect(out).toContain('+   "flow": "warm",\n')
    expect(out).toContain('Nothing was deployed, because of --dry-run.\n')
    expect(engine.engine.flows.list()).toEqual([])
  })

  test('deploys nothing while one of the files has errors, which it shows with their places', async () => {
    write(flow('payload > 20'))
    const other = write({ ...flow('payload >'), flow: 'cold' }, 'cold')
    write('{ "flow": ', 'broken')
    const { code, out } = await run('deploy', directory)
    expect(code).toBe(1)
    expect(out).toMatch(new RegExp(`${other}:\\d+:\\d+ error EXPRESSION_SYNTAX`))
    expect(out).toContain('broken.json:1:')
    expect(out).toMatch(/\d errors: nothing was deployed\n$/)
    expect(engine.engine.flows.list()).toEqual([])
  })

  test('names what is not there, and an engine that is not there', async () => {
    expect(await run('deploy')).toMatchObject({ code: 2 })
    expect((await run('deploy', join(directory, 'none.json'))).err).toContain('FILE_UNREADABLE')
    const away = await rulewire(['deploy', write(flow('payload > 20')), '--url', 'http://127.0.0.1:1'])
    expect([away.code, away.err]).toEqual([1, expect.stringContaining('ENGINE_UNREACHABLE')])
  })
})

describe('rulewire deploys', () => {
  beforeEach(async () => {
    for (const [limit, comment] of [
      ['20', 'the first one'],
      ['25', 'less noise'],
      ['30', 'still less'],
    ])
      await engine.engine.flows.put('warm', flow(`payload > ${limit}`), undefined, { by: 'anna', comment })
  })

  test('lists them with id, time, who, how and why; what runs has a star', async () => {
    const { code, out } = await run('deploys', 'list', 'warm')
    expect(code).toBe(0)
    const [newest, , oldest] = out.trimEnd().split('\n')
    expect(newest).toMatch(/^\* +\d+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ +anna +deployed, 3 nodes +still less$/)
    expect(oldest).toMatch(/^ +\d+ .* the first one$/)
    engine.engine.store.deploys.judge(ids()[0] ?? 0, 'failed', '9 of 10 messages failed.')
    expect((await run('deploys', 'list', 'warm')).out).toContain(
      'deployed, 3 nodes, failed  still less: 9 of 10 messages failed.',
    )
    const json = JSON.parse((await run('deploys', 'list', 'warm', '--json')).out)
    expect(json.items).toMatchObject([{ current: true }, { comment: 'less noise' }, {}])
    expect((await run('deploys', 'list', 'none')).err).toContain('There is no flow "none"')
  })

  test('shows one with its document', async () => {
    const { out } = await run('deploys', 'show', 'warm', String(ids()[2]))
    expect(out).toContain('by       anna\n')
    expect(out).toContain('"when": "payload > 20"')
    expect((await run('deploys', 'show', 'warm')).code).toBe(2)
    expect((await run('deploys', 'show', 'warm', '999')).err).toContain('NOT_FOUND')
  })

  test('compares the last two, one with what runs, or any two', async () => {
    const [, , oldest] = ids()
    const last = (await run('deploys', 'diff', 'warm')).out
    expect(last).toMatch(/^from deploy \d+, .*\(less noise\)\nto {3}deploy \d+, .* by anna, runs \(still less\)\n/)
    expect(last.match(/payload > \d+/g)).toEqual(['payload > 25', 'payload > 30'])
    expect((await run('deploys', 'diff', 'warm', String(oldest))).out.match(/payload > \d+/g)).toEqual([
      'payload > 20',
      'payload > 30',
    ])
    const same = (await run('deploys', 'diff', 'warm', String(oldest), String(oldest))).out
    expect(same).toContain('Nothing differs.\n')
  })

  test('takes back the good version before, or the one that is named', async () => {
    const [, middle, oldest] = ids()
    const dry = await run('deploys', 'restore', 'warm', '--dry-run')
    expect(dry.out).toContain('Nothing was done, because of --dry-run.\n')
    expect(ids()).toHaveLength(3)
    const { code, out } = await run('deploys', 'restore', 'warm', '--comment', 'too quiet')
    expect([code, out.split('\n').at(-2)]).toEqual([0, `warm: deploy ${middle} runs again`])
    expect(out.match(/payload > \d+/g)).toEqual(['payload > 30', 'payload > 25'])
    expect(engine.engine.deploys.list('warm').items[0]).toMatchObject({
      ...{ origin: 'restore', restored: middle, comment: 'too quiet', by: 'local' },
    })
    await run('deploys', 'restore', 'warm', String(oldest))
    expect(readFileSync(join(engine.flows, 'warm.json'), 'utf8')).toContain('payload > 20')
    expect((await run('deploys', 'restore', 'warm', String(oldest))).out).toContain('nothing was done')
  })

  test('names its actions, and what is written wrongly', async () => {
    expect((await run('deploys', 'lst', 'warm')).err).toContain('did you mean')
    expect((await run('deploys', 'list')).code).toBe(2)
    expect((await run('deploys', 'show', 'warm', 'x')).code).toBe(2)
    expect((await run('deploys', 'list', '../x')).err).toContain('BAD_ID')
  })
})

test('the difference of texts shows lines around each change, and leaves out what is far from any', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`)
  const changed = lines.flatMap((line, index) => (index === 5 ? ['new'] : index === 20 ? [] : [line]))
  expect(lineDiff(lines.join('\n'), changed.join('\n'), fakeTerminal())).toBe(
    [
      ...['  line 3', '  line 4', '- line 5', '+ new', '  line 6', '  line 7', '  ...'],
      ...['  line 18', '  line 19', '- line 20', '  line 21', '  line 22', ''],
    ].join('\n'),
  )
  expect(lineDiff('a\n', 'a\n', fakeTerminal())).toBe('')
})
