import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rowsOrNone } from '../engine/rows.ts'
import { flowOf } from '../engine/start.ts'
import { ask } from '../server/ask.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { within } from '../tools/wait.ts'

const flow = flowOf(
  'orders',
  [
    ['hook', 'http-in', { path: 'orders', auth: 'none' }],
    ['got', 'store', { table: 'got', columns: { number: 'payload' } }],
  ],
  ['hook.out got.in'],
)

async function start(directory: string, point = ''): Promise<{ port: number; ended: Promise<unknown>; end(): void }> {
  const [flows, data] = [join(directory, 'flows'), join(directory, 'data')]
  mkdirSync(flows, { recursive: true })
  writeFileSync(join(flows, 'orders.json'), JSON.stringify(flow))
  const child = fork(join(import.meta.dirname, 'hook-child.ts'), [flows, data, point], { stdio: 'inherit' })
  const ended = once(child, 'exit')
  const [port] = await within(once(child, 'message'), 'the port of the child', 30_000)
  return { port: Number(port), ended, end: () => child.kill('SIGKILL') }
}

/** Sends numbers from four sides until the process is gone; gives those that were answered 202. */
async function send(port: number): Promise<number[]> {
  const accepted: number[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (;;) {
        const number = next++
        const reply = await ask(port, 'POST', '/hooks/orders', { body: number }).catch(() => undefined)
        if (reply === undefined) return
        if (reply.status === 202) accepted.push(number)
      }
    }),
  )
  return accepted
}

test.each(['before-commit', 'in-commit', 'after-commit', 'before-settle', 'after-settle'])(
  'what was answered 202 is in the database after kill -9 at %s',
  async (point) => {
    const { path, remove } = temporaryDirectory('hook')
    const first = await start(path, point)
    const accepted = await send(first.port)
    await first.ended
    expect(accepted.length).toBeGreaterThan(5)
    const rows = rowsOrNone(join(path, 'data'), 'SELECT number FROM got').map(({ number }) => number)
    expect(new Set(rows).size).toBe(rows.length)
    expect(accepted.filter((number) => !rows.includes(number))).toEqual([])
    const second = await start(path)
    expect((await ask(second.port, 'POST', '/hooks/orders', { body: -1 })).status).toBe(202)
    second.end()
    await second.ended
    remove()
  },
  60_000,
)
