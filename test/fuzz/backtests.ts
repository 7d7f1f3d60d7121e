import type { Random } from '../jsonata/random.ts'
import { ask } from '../server/ask.ts'
import { until } from '../tools/wait.ts'
import { mutateBytes, mutateJson, wild } from './mutate.ts'
import type { Target } from './target.ts'

const document = {
  flow: 'fuzzed-backtest',
  nodes: [
    { id: 'in', type: 'mqtt-in', config: { topic: 'fridges/{fridge}' } },
    { id: 'warm', type: 'alarm', config: { key: 'params.fridge', value: 'payload.c', raise: '> 8' } },
  ],
  wires: [{ from: 'in.out', to: 'warm.in' }],
}
const csv = `when,fridge,c\n${Array.from({ length: 60 }, (_, at) => `2026-01-01 00:${String(at).padStart(2, '0')}:00,bar,${at}`).join('\n')}\n`
const lines = Array.from({ length: 20 }, (_, at) =>
  JSON.stringify({ time: 1_767_225_600_000 + at * 60_000, topic: 'fridges/bar', payload: { c: at } }),
).join('\n')

/** Backtests and questions to the adviser over spoiled files, and over history with spoiled ranges. */
export async function attackBacktests({ httpPort }: Target, random: Random, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    const advise = random.chance(0.3)
    const base = advise ? { topic: 'fridges/{fridge}', value: 'payload.c' } : { document }
    const given = { ...base, input: inputOf(random), ...random.pick([{}, { from: '2026-01-01' }, { to: '1e400' }]) }
    const request = random.chance(0.5) ? given : (mutateJson(given, random) as object)
    const path = `/api/v1/${advise ? 'advise' : 'backtest'}`
    const { status, text, json } = await ask(httpPort, 'POST', path, { body: request })
    if (status === 500) throw new Error(`${path} ${JSON.stringify(request)} answers 500: ${text}`)
    const { id } = json
    if (typeof id === 'string') await finish(httpPort, id, () => `${path} ${JSON.stringify(request)}`)
  }
}

async function finish(port: number, id: string, about: () => string): Promise<void> {
  const path = `/api/v1/backtests/${id}`
  const job = await until(
    async () => {
      const { json } = await ask(port, 'GET', path)
      return json.state === 'running' ? undefined : json
    },
    () => `the end of ${about()}`,
    120_000,
  )
  const { code } = (job.error ?? {}) as { code?: string }
  if (code === 'INTERNAL') throw new Error(`${about()} ends with ${JSON.stringify(job.error)}`)
  await ask(port, 'DELETE', path)
}

function inputOf(random: Random): unknown {
  const text = mutateBytes(Buffer.from(random.chance(0.5) ? csv : lines), random).toString()
  return {
    text,
    format: random.pick(['csv', 'jsonl']),
    topic: random.pick(['fridges/{fridge}', 'fridges/bar', 'a/#', '{}']),
    time: random.pick(['when', 'time', 'nothing', '__proto__']),
    ...(random.chance(0.3) ? { tz: random.pick(['UTC', 'Europe/Paris', 'Nowhere/Land']) } : {}),
    ...(random.chance(0.3) ? { map: { c: String(wild(random)).slice(0, 200) } } : {}),
  }
}
