import { afterEach, describe, expect, it } from 'vitest'
import { checkFlow } from '../../engine/flow/index.ts'
import type { FlowDocument, Plan } from '../../engine/flow/model.ts'
import { BacktestDesk, type BacktestDeskOptions } from '../../engine/host/backtests.ts'
import type { BacktestJob, BacktestRequest } from '../../engine/server/protocol.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { namelessFiles } from '../tools/open-files.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'

const worker = new URL('../../engine/cli/backtest-worker.ts', import.meta.url)
const desks: BacktestDesk[] = []

afterEach(async () => {
  for (const desk of desks.splice(0)) await desk.close()
})

function flow(raise = '> 8'): FlowDocument {
  return {
    flow: 'fridges',
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'fridges/{fridge}' } },
      { id: 'warm', type: 'alarm', config: { key: 'params.fridge', value: 'payload.c', raise, onDelay: '5s' } },
    ],
    wires: [{ from: 'in.out', to: 'warm.in' }],
  }
}

/** A fridge that gets warm in the middle. */
function csv(rows = 60): string {
  const lines = Array.from({ length: rows }, (_, at) => `${1_767_225_600 + at},${at % 60 > 20 && at % 60 < 40 ? 9 : 5}`)
  return `time,c\n${lines.join('\n')}\n`
}

const input = (rows?: number) => ({ text: csv(rows), topic: 'fridges/a' })

function deskWith(options: Partial<BacktestDeskOptions> = {}) {
  const log: string[] = []
  const clock = { now: Date.UTC(2026, 5, 1) }
  const desk = new BacktestDesk({
    specs: nodeSpecs,
    data: '/nowhere',
    draft: (document) => checkFlow(document, { specs: nodeSpecs }),
    plans: new Map(),
    settle: () => undefined,
    now: () => clock.now,
    limits: undefined,
    log: (_, text) => log.push(text),
    ...options,
  })
  desks.push(desk)
  return { desk, log, clock }
}

async function ended(desk: BacktestDesk, { id }: BacktestJob): Promise<BacktestJob> {
  return until(
    () => (desk.get(id).state === 'running' ? undefined : desk.get(id)),
    () => `${id}: ${JSON.stringify(desk.get(id).progress)}`,
    60_000,
  )
}

const places: [string, { backtestWorker: URL | undefined }][] = [
  ['a thread of its own', { backtestWorker: worker }],
  ['the same thread', { backtestWorker: undefined }],
]

describe.each(places)('in %s, a backtest', (_, options) => {
  it('gives a result, and the difference to what runs', async () => {
    const { plan } = checkFlow(flow('> 10'), { specs: nodeSpecs })
    const { desk, log } = deskWith({ ...options, plans: new Map([['fridges', plan as Plan]]) }) // it has no errors
    const job = desk.backtest({ document: flow(), against: 'deployed', input: input() })
    expect(job).toMatchObject({ kind: 'backtest', flow: 'fridges', state: 'running', problems: [] })
    const done = await ended(desk, job)
    expect(done.error).toBeUndefined()
    expect(done).toMatchObject({
      state: 'done',
      progress: { messages: 60, done: 1 },
      result: {
        messages: 60,
        alarms: { total: 1, spans: [{ key: 'a', raised: 1_767_225_626_000, cleared: 1_767_225_640_000 }] },
        against: { label: 'deployed', counts: { new: 1, gone: 0, moved: 0, same: 0 } },
      },
    })
    expect(desk.list()).toEqual([expect.not.objectContaining({ result: expect.anything() })])
    expect(log).toEqual([])
  })

  it('may be a question to the adviser', async () => {
    const { desk } = deskWith(options)
    const job = desk.advise({ topic: 'fridges/{fridge}', value: 'payload.c', input: input() })
    expect(job).toMatchObject({ kind: 'advice', flow: 'fridges/{fridge}' })
    const done = await ended(desk, job)
    expect(done).toMatchObject({
      state: 'done',
      advice: { topic: 'fridges/{fridge}', statistics: { count: 60, least: 5, most: 9 } },
    })
  })

  it('that fails says why', async () => {
    const { desk, log } = deskWith({ ...options, data: temporaryDirectory('empty').path })
    const lines = await ended(desk, desk.backtest({ document: flow(), input: { text: 'time,c\nx,1\n', topic: 'a' } }))
    expect(lines).toMatchObject({ state: 'failed', error: { code: 'INPUT_UNUSABLE' } })
    const history = await ended(desk, desk.backtest({ document: flow() }))
    expect(history).toMatchObject({ state: 'failed', error: { code: 'NO_DATABASE' } })
    expect(log).toEqual([])
  })

  it('ends when it is told to, leaves nothing, and makes room for the next', async () => {
    const { desk } = deskWith(options)
    const files = namelessFiles()
    const endless: BacktestRequest = { document: flow(), to: '2026-01-02', input: input(3000) }
    const slow = {
      ...flow(),
      nodes: [
        ...flow().nodes,
        { id: 'tick', type: 'inject', config: { every: '10ms', payload: `"${'x'.repeat(1000)}"` } },
        { id: 'keep', type: 'store', config: { table: 'ticks', columns: { text: 'payload' } } },
      ],
      wires: [...flow().wires, { from: 'tick.out', to: 'keep.in' }],
    }
    const jobs = [desk.backtest({ ...endless, document: slow }), desk.backtest({ ...endless, document: slow })]
    expect(() => desk.backtest(endless)).toThrow(expect.objectContaining({ code: 'BACKTESTS_BUSY' }))
    expect(() => desk.advise({ topic: 'a' })).toThrow(expect.objectContaining({ code: 'BACKTESTS_BUSY' }))
    const [first, second] = jobs as [BacktestJob, BacktestJob]
    if (options.backtestWorker !== undefined) await until(() => namelessFiles().length > files.length, 'rows in a file')
    expect(await desk.end(first.id)).toMatchObject({ id: first.id, state: 'cancelled' })
    const third = desk.backtest({ document: flow(), input: input() })
    expect(await ended(desk, third)).toMatchObject({ state: 'done' })
    await desk.close()
    expect(desk.get(second.id)).toMatchObject({ state: 'cancelled' })
    await desk.end(first.id)
    expect(() => desk.get(first.id)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    expect(namelessFiles()).toEqual(files)
  })
})

describe('a backtest', () => {
  it('is refused when the draft has errors, or the request', () => {
    const { desk } = deskWith()
    const bad = { ...flow(), wires: [{ from: 'in.out', to: 'nobody.in' }] }
    expect(() => desk.backtest({ document: bad })).toThrow(expect.objectContaining({ code: 'CHECK_FAILED' }))
    const refused = (request: Partial<BacktestRequest>) => {
      try {
        desk.backtest({ document: flow(), ...request })
        return undefined
      } catch (thrown) {
        const { code, at } = thrown as { code: string; at: string } // what the desk throws
        return `${code} ${at}`
      }
    }
    expect(refused({ from: 'yesterday' })).toBe('BAD_REQUEST body.from')
    expect(refused({ from: 2, to: 1 })).toBe('BAD_REQUEST body.from')
    expect(refused({ tolerance: 'long' })).toBe('BAD_REQUEST body.tolerance')
    expect(refused({ input: { ...input(), tz: 'Mars/Base' } })).toBe('BAD_REQUEST body.input.tz')
    expect(() => desk.advise({ topic: 'a/#/b' })).toThrow(expect.objectContaining({ code: 'TOPIC_FILTER' }))
    expect(() => desk.advise({ topic: 'a', value: '((' })).toThrow(
      expect.objectContaining({ code: 'EXPRESSION_SYNTAX' }),
    )
    expect(desk.list()).toEqual([])
  })

  it('with a node to leave out that nobody has fails and names those that there are', async () => {
    const { desk } = deskWith()
    const job = await ended(desk, desk.backtest({ document: flow(), disable: ['wram'], input: input() }))
    expect(job).toMatchObject({
      state: 'failed',
      error: { code: 'BAD_REQUEST', text: expect.stringContaining('did you mean "warm"?') },
    })
  })

  it('is kept for an hour, and twenty at most', async () => {
    const { desk, clock } = deskWith()
    for (let count = 0; count < 25; count++) await ended(desk, desk.backtest({ document: flow(), input: input() }))
    expect(desk.list()).toHaveLength(20)
    clock.now += 3_600_001
    expect(desk.list()).toEqual([])
  })

  it('gives bounded lists', async () => {
    const { desk } = deskWith()
    const rows = Array.from(
      { length: 24_000 },
      (_, at) => `${1_767_225_600 + at},f${at % 20},${Math.floor(at / 20) % 2 === 0 ? 9 : 1}`,
    )
    const document = flow()
    const [source, alarm] = document.nodes
    const plain = {
      ...document,
      nodes: [source, { ...alarm, config: { key: 'params.fridge', value: 'payload.c', raise: '> 8' } }],
    }
    const text = `time,name,c\n${rows.join('\n')}\n`
    const job = await ended(desk, desk.backtest({ document: plain, input: { text, topic: 'fridges/{name}' } }))
    const { alarms, series, seriesLeft } = job.result ?? {}
    expect(alarms).toMatchObject({ total: 12_000, eventsTotal: 24_000 })
    expect([alarms?.spans.length, alarms?.events.length, series?.length, seriesLeft]).toEqual([5000, 5000, 12, 8])
  })
})
