import { rowsOrNone } from '../engine/rows.ts'
import { flowOf } from '../engine/start.ts'
import { until } from '../tools/wait.ts'
import { compare, numbers, type Outcome, outOfOrder } from './check.ts'
import type { Plan } from './plan.ts'
import { Rig } from './rig.ts'
import { lanes } from './workload.ts'

type Answer = 'good' | 'error' | 'later' | 'hang' | 'after-effect' | 'slow'

/** A web server that is slow, fails, hangs, breaks off after it has acted, and refuses some for good, with kills meanwhile. */
export function httpFaults(plan: Plan): Promise<Outcome> {
  const { random } = plan
  const flows = (url: string) => [
    flowOf(
      'faults',
      [
        ['in', 'mqtt-in', { topic: 'in/http/{lane}', qos: 1, decode: 'json', broker: 'far' }],
        // A key for each message but the tenth ones, which go one after the other in their lane.
        [
          'post',
          'http-out',
          { url, order: 'payload.n % 10 = 0 ? params.lane : $string(payload.n)', timeout: '1s', retries: 20 },
        ],
        ['keep', 'store', { table: 'answers', columns: { n: 'payload.n' } }],
      ],
      ['in.out post.in', 'post.response keep.in'],
    ),
  ]
  return Rig.play({ flows }, async (rig) => {
    const { publisher, engine, hook } = rig
    const counts: Record<string, number> = {}
    const firstAt = new Map<number, number>()
    const early: number[] = []
    const refused = (n: number) => n % 20 === 7
    hook.answer = ({ n }, response) => {
      const good = () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ n }))
      if (refused(n)) return void response.writeHead(422).end()
      const waited = firstAt.get(n)
      if (waited !== undefined && performance.now() < waited) early.push(n)
      const kind: Answer = random.chance(0.75)
        ? 'good'
        : random.pick(['error', 'later', 'hang', 'after-effect', 'slow'])
      counts[kind] = (counts[kind] ?? 0) + 1
      firstAt.delete(n)
      if (kind === 'good') good()
      else if (kind === 'error') response.writeHead(500).end()
      else if (kind === 'later') {
        // Earlier by nothing but the time that the answer takes to the engine.
        firstAt.set(n, performance.now() + 2000)
        response.writeHead(503, { 'retry-after': '2' }).end()
      } else if (kind === 'after-effect') response.destroy()
      else if (kind === 'slow') setTimeout(good, 400)
      // `hang` gets no answer.
    }
    const total = plan.long ? 3000 : 60
    for (let n = 0; n < total; n++) {
      await until(() => publisher.publish('http'), 'room')
      if (n % Math.ceil(total / 3) === Math.floor(total / 4)) {
        await engine.kill()
        firstAt.clear()
        await engine.start()
      }
    }
    await publisher.finished()
    const dead = () => rowsOrNone(engine.data, 'SELECT code, message FROM rw_dead_letters')
    await until(
      () => numbers(engine.data, 'answers').length + dead().length >= total,
      () =>
        `${total} answers and dead letters, there are ${numbers(engine.data, 'answers').length} and ${dead().length}`,
      plan.long ? 300_000 : 60_000,
    )
    await rig.settled()
    const wanted = Array.from({ length: total }, (_, n) => n)
    const posts = hook.requests.map(({ n }) => n)
    const keys = new Map<number, Set<string>>()
    for (const { n, key } of hook.requests) keys.set(n, (keys.get(n) ?? new Set()).add(key))
    const broken: string[] = []
    const several = [...keys].filter(([, set]) => set.size > 1)
    if (several.length > 0) broken.push(`${several.length} messages had more than one Idempotency-Key`)
    const late = outOfOrder(posts.filter((n) => n % 10 === 0))
    if (late.length > 0) broken.push(`out of order with the same key: ${late.join(', ')}`)
    if (early.length > 0) broken.push(`sent before Retry-After was over: ${early.join(', ')}`)
    if (hook.most < 2) broken.push('requests with different keys were never side by side')
    const codes = dead().filter(({ code }) => code !== 'REQUEST_FAILED')
    if (codes.length > 0) broken.push(`other dead letters: ${JSON.stringify(codes[0])}`)
    const refusedPosts = posts.filter((n) => refused(n)).length
    if (refusedPosts > wanted.filter(refused).length + engine.kills)
      broken.push('a request that was refused for good was repeated')
    return {
      faults: `${engine.kills} kills; answers: ${Object.entries(counts)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(', ')}, ${refusedPosts} refused for good; at most ${hook.most} side by side over ${lanes} lanes`,
      paths: [
        compare('-> HTTP out', wanted, posts, { lost: 0, repeated: Number.POSITIVE_INFINITY }),
        compare(
          'HTTP answers -> SQLite',
          wanted.filter((n) => !refused(n)),
          numbers(engine.data, 'answers'),
        ),
        compare('refused for good -> dead letter', wanted.filter(refused), deadNumbers(dead())),
      ],
      broken,
    }
  })
}

function deadNumbers(rows: readonly Record<string, unknown>[]): number[] {
  return rows.map(({ message }) => Number(JSON.parse(String(message)).message.payload.n))
}
