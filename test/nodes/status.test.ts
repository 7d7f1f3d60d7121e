import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StatusChange } from '../../engine/node.ts'
import status from '../../nodes/status.ts'
import { Bench, startTime } from './harness.ts'

const lasting = 3000

/** What happens: a level of a subject, time, or a restart, after which everything is told. */
type Step = { level: [string, string] } | { wait: number } | { restart: true }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ level: fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('connected', 'away', 'closed')) }),
  fc.record({ wait: fc.integer({ min: 1, max: 4000 }) }),
  fc.constant({ restart: true as const }),
)

describe('the status node', () => {
  it('tells each change that lasts, once, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { told, levels } = play([...steps, { wait: lasting }])
        for (const subject of ['a', 'b']) {
          const own = told.filter((one) => one.subject === subject)
          const wanted = model(levels.filter((one) => one.subject === subject))
          expect(own.map(({ state, at }) => ({ state, at }))).toEqual(wanted)
        }
      }),
    )
  })

  it('tells nothing of what was there when it came, but a connection that is away', () => {
    const bench = new Bench(status, { lasting: '0s' })
    bench.report({
      complete: true,
      changes: [
        { kind: 'connection', subject: 'a', state: 'connected', text: '' },
        { kind: 'connection', subject: 'b', state: 'away', text: '' },
        { kind: 'health', subject: 'engine', state: 'healthy', text: '' },
        { kind: 'deploy', subject: 'f', state: 'failed', text: '', version: '1' },
        { kind: 'dead-letters', subject: 'f/n', state: 7, text: '' },
      ],
    })
    expect(bench.sent.map(({ message }) => message.key)).toEqual(['b'])
    const known = new Bench(status, { lasting: '0s' }, bench)
    known.report({
      complete: true,
      changes: [
        { kind: 'deploy', subject: 'f', state: 'failed', text: '', version: '2' },
        { kind: 'dead-letters', subject: 'f/n', state: 9, text: '' },
        { kind: 'dead-letters', subject: 'f/other', state: 8, text: '' },
      ],
    })
    expect(known.sent.map(({ message }) => message.key)).toEqual(['f', 'f/n', 'f/other'])
  })

  it('forgets a subject that is gone', () => {
    const bench = new Bench(status, { kinds: ['node'] })
    bench.report({ complete: true, changes: [{ kind: 'node', subject: 'f/n', state: 'on', text: '' }] })
    bench.report({ complete: false, changes: [{ kind: 'node', subject: 'f/n', state: 'off', text: '' }] })
    bench.report({ complete: false, changes: [{ kind: 'node', subject: 'f/n', state: undefined, text: '' }] })
    bench.advance(10_000)
    expect(bench.sent).toEqual([])
    expect([...bench.state.keys()]).toEqual([''])
  })
})

function play(steps: readonly Step[]) {
  const levels: { subject: string; state: string; at: number }[] = []
  const now = new Map<string, StatusChange>()
  let bench = new Bench(status, { kinds: ['connection'], lasting: '3s' })
  bench.report({ complete: true, changes: [] })
  const told: { subject: string; state: unknown; at: number }[] = []
  const collect = () => {
    for (const { message } of bench.sent.splice(0)) {
      const { subject, state, since } = Object(message.payload)
      told.push({ subject, state, at: since + lasting - startTime })
    }
  }
  for (const one of steps) {
    if ('wait' in one) bench.advance(one.wait)
    else if ('restart' in one) {
      collect()
      bench = new Bench(status, { kinds: ['connection'], lasting: '3s' }, bench)
      bench.report({ complete: true, changes: [...now.values()] })
    } else {
      const [subject, state] = one.level
      const change: StatusChange = { kind: 'connection', subject, state, text: '' }
      now.set(subject, change)
      levels.push({ subject, state, at: bench.now - startTime })
      bench.report({ complete: false, changes: [change] })
    }
    collect()
  }
  return { told, levels }
}

/** From the moment at which the level is other than what was told, it has so long to come back. */
function model(levels: readonly { state: string; at: number }[]): { state: string; at: number }[] {
  const told: { state: string; at: number }[] = []
  let last: string | undefined
  let since: number | undefined
  let level: string | undefined
  for (const { state, at } of [...levels, { state: undefined, at: Number.POSITIVE_INFINITY }]) {
    if (since !== undefined && level !== undefined && at >= since + lasting) {
      told.push({ state: level, at: since + lasting })
      last = level
      since = undefined
    }
    if (state === undefined) break
    level = state
    if (state === last) since = undefined
    else since ??= at
  }
  return told
}
