import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerEffect, Message } from '../../engine/node.ts'
import httpIn from '../../nodes/http-in.ts'
import { Bench } from './harness.ts'

const second = 1000

/** What happens: a request with a key or none and one of two bodies, an answer to an open message, time, a restart. */
type Step =
  | { request: { key: string | undefined; body: string } }
  | { answer: number }
  | { wait: number }
  | { restart: true }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    request: fc.record({ key: fc.constantFrom('a', 'b', undefined), body: fc.constantFrom('1', '2') }),
  }),
  fc.record({ answer: fc.nat(5) }),
  fc.record({ wait: fc.integer({ min: 1, max: 15 }) }),
  fc.constant({ restart: true as const }),
)

interface Asked {
  id: string
  key: string | undefined
  body: string
  at: number
}

/** Plays steps against the node; the flow answers with the number of the message. */
function play(config: Record<string, unknown>, steps: readonly Step[]) {
  const spec = { path: 'hook', auth: 'none', timeout: '10s', repeatsFor: '1h', body: 'text', ...config }
  let bench = new Bench(httpIn, spec)
  const requests: Asked[] = []
  const refused: string[] = []
  const open: Message[] = []
  const runs: { message: Message; at: number }[] = []
  const answers = new Map<string, AnswerEffect & { at: number }>()
  const collect = () => {
    for (const { port, message } of bench.sent.splice(0)) {
      if (port !== 'out') continue
      runs.push({ message, at: bench.now })
      open.push(message)
    }
    for (const effect of bench.effects.splice(0)) {
      // The first answer to a request is the one that is sent.
      if (effect.kind === 'answer' && !answers.has(effect.request))
        answers.set(effect.request, { ...effect, at: bench.now })
    }
  }
  for (const one of [...steps, { wait: 20 }]) {
    if ('request' in one) {
      const { key, body } = one.request
      const asked = { id: `r${requests.length}`, key, body, at: bench.now }
      const failures = bench.failures.length
      const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key }
      bench.request({ id: asked.id, headers, body: Buffer.from(body) })
      if (bench.failures.length > failures) refused.push(asked.id)
      requests.push(asked)
    } else if ('answer' in one) {
      const message = open.splice(one.answer % Math.max(1, open.length), 1)[0]
      if (message !== undefined) bench.send('answer', { ...message, payload: `answer to ${message.payload}` })
    } else if ('wait' in one) {
      for (let count = 0; count < one.wait; count++) {
        bench.advance(second)
        collect()
      }
    } else {
      collect()
      bench = new Bench(httpIn, spec, bench)
    }
    collect()
  }
  return { requests, refused, runs, answers }
}

describe('the http-in node, whatever comes in whatever order', () => {
  it('runs a key once, refuses it with another body, and answers all its requests alike', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.boolean(), (steps, waits) => {
        const kept = waits ? steps : steps.filter((one) => !('answer' in one))
        const found = play({ respond: waits ? 'from-flow' : 'at-once', answer: waits ? undefined : 'payload' }, kept)
        for (const key of ['a', 'b']) {
          const [first, ...others] = found.requests.filter((one) => one.key === key)
          const runs = found.runs.filter(({ message }) => Object(message.http).headers['idempotency-key'] === key)
          expect(runs).toHaveLength(first === undefined ? 0 : 1)
          const wrong = others.filter(({ body }) => body !== first?.body).map(({ id }) => id)
          expect(found.refused.filter((id) => others.some((one) => one.id === id))).toEqual(wrong)
        }
        const single = found.requests.filter(({ key }) => key === undefined)
        expect(found.runs.filter(({ message }) => !('idempotency-key' in Object(message.http).headers))).toHaveLength(
          single.length,
        )
        for (const { id, at, body } of found.requests) {
          const answer = found.answers.get(id)
          if (found.refused.includes(id)) {
            expect(answer).toBeUndefined()
            continue
          }
          expect(answer?.at).toBeLessThanOrEqual(at + 10 * second)
          if (answer?.status === 504) expect(answer.at).toBe(at + 10 * second)
          else expect(answer).toMatchObject(waits ? { status: 200, body: `answer to ${body}` } : { status: 202, body })
        }
      }),
      { numRuns: 500 },
    )
  })

  it('forgets a key after its time, and keeps nothing of requests without one', () => {
    const bench = new Bench(httpIn, { path: 'hook', auth: 'none', repeatsFor: '1h' })
    const headers = { 'idempotency-key': 'a' }
    bench.request({ id: 'r1' })
    expect(bench.state.size).toBe(0)
    bench.request({ id: 'r2', headers })
    bench.advance(3600 * second)
    expect([bench.state.size, bench.timers.size]).toEqual([0, 0])
    bench.request({ id: 'r3', headers })
    expect(bench.sent).toHaveLength(3)
  })

  it('does not keep a long answer, and tells a repeat its status', () => {
    const bench = new Bench(httpIn, { path: 'hook', auth: 'none', answer: '$pad("x", 70000, "x")', status: '201' })
    const headers = { 'idempotency-key': 'a' }
    bench.request({ id: 'r1', headers })
    bench.request({ id: 'r2', headers })
    expect(
      bench.effects.map((effect) => (effect.kind === 'answer' ? [effect.status, effect.body.length] : [])),
    ).toEqual([
      [201, 70_000],
      [201, 0],
    ])
    expect(JSON.stringify([...bench.state])).not.toContain('xxxx')
  })
})
