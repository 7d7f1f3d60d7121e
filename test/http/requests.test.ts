import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../engine/clock.ts'
import { Requests } from '../../engine/http/requests.ts'
import { createTransport } from '../../engine/http/transport.ts'
import { createDialer } from '../../engine/net/dialer.ts'
import { flowEgress } from '../../engine/net/egress.ts'
import type { Clock } from '../../engine/run/ports.ts'
import { Runner } from '../../engine/run/runner.ts'
import type { RequestEffect } from '../../engine/spec/context.ts'
import { openStore } from '../../engine/store/index.ts'
import { until } from '../tools/wait.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A web server that keeps the bodies it gets, and requests on a real store that go to it. */
async function setUp(answer: (count: number) => number, clock: Clock = systemClock) {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    bodies.push(body)
    response.writeHead(answer(bodies.length)).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The system gave no port')
  const store = openStore(':memory:')
  const runner: Runner = new Runner(new Map(), {
    store,
    clock,
    take: (effect, node) => requests.take(effect as RequestEffect, node.ref), // only requests are made here
    committed: (batch) =>
      requests.committed(batch.pending.flatMap((item) => (item.kind === 'request' ? [item.request] : []))),
    onFault: () => undefined,
    log: () => undefined,
  })
  const started: string[] = []
  const requests: Requests = new Requests({
    store: {
      ...store.requests,
      get(id) {
        const found = store.requests.get(id)
        started.push(String(found?.effect.body))
        return found
      },
    },
    runner,
    clock,
    random: () => 0,
    dataId: 'd',
    limit: 10_000,
    nodeOf: () => undefined,
    transport: createTransport(createDialer(flowEgress({ localWritten: true }))),
    secret: () => undefined,
  })
  ends.push(() => requests.close(0))
  const request = (order: string, body: string): RequestEffect => ({
    kind: 'request',
    method: 'POST',
    url: `http://127.0.0.1:${address.port}/`,
    headers: {},
    body,
    timeout: 5000,
    retries: 5,
    order,
    message: {
      topic: 't',
      payload: body,
      time: 0,
      received: 0,
      params: {},
      retain: false,
      qos: 1,
      props: {},
      key: order,
      id: body,
    },
  })
  return {
    bodies,
    started,
    requests,
    send: (list: readonly [string, string][]) => {
      for (const [order, body] of list) runner.add(requests.take(request(order, body), 'f/a'))
      runner.finish()
    },
  }
}

describe('requests', () => {
  it('with different keys take turns, so a long queue of one key does not hold the others up', async () => {
    const { bodies, started, requests, send } = await setUp(() => 200)
    const keys = Array.from({ length: 40 }, (_, key) => `k${key}`)
    send([1, 2, 3].flatMap((turn) => keys.map((key): [string, string] => [key, `${key} ${turn}`])))
    await until(() => bodies.length === 120 && requests.count === 0, 'all answers')
    const first = started.slice(0, 40).map((body) => body.split(' ')[0])
    expect(first).toEqual(keys)
    for (const key of keys)
      expect(bodies.filter((body) => body.startsWith(`${key} `))).toEqual([`${key} 1`, `${key} 2`, `${key} 3`])
  })

  it('are tried again after their pause although the clock was set back meanwhile', async () => {
    let offset = 0
    const clock: Clock = {
      now: () => systemClock.now() + offset,
      at: (time, run) => systemClock.at(time - offset, run),
      soon: systemClock.soon,
    }
    const { bodies, requests, send } = await setUp((count) => (count === 1 ? 503 : 200), clock)
    send([['a', 'one']])
    await until(() => bodies.length === 1, 'a first attempt')
    await until(() => requests.count === 1, 'its answer')
    offset = -3_600_000
    send([['b', 'two']])
    await until(() => bodies.length === 3 && requests.count === 0, 'both answers')
    expect(bodies.toSorted()).toEqual(['one', 'one', 'two'])
  })
})
