import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../jsonata/random.ts'
import { ask } from '../server/ask.ts'
import { almostJson, mutateBytes, mutateJson } from './mutate.ts'
import type { Target } from './target.ts'

const examples = join(import.meta.dirname, '..', '..', 'flows')
const documents = readdirSync(examples)
  .filter((name) => name.endsWith('.json') && !/\.(schema|test)\.json$/.test(name))
  .map((name) => JSON.parse(readFileSync(join(examples, name), 'utf8')) as Record<string, unknown>) // our own files

/** Flows with spoiled places: checked, deployed, tried, and written into the directory while it is watched. */
export async function attackFlows(target: Target, random: Random, count: number): Promise<void> {
  const file = join(target.flows, 'spoiled.json')
  for (let turn = 0; turn < count; turn++) {
    const document = { ...(mutateJson(random.pick(documents), random) as object), flow: 'spoiled' }
    const kind = random.next()
    if (kind < 0.4) await ask(target.httpPort, 'POST', '/api/v1/check', { body: { document } })
    else if (kind < 0.8) await ask(target.httpPort, 'PUT', '/api/v1/flows/spoiled', { body: { document } })
    else if (kind < 0.95) writeFileSync(file, almostJson(document, random))
    else writeFileSync(file, mutateBytes(Buffer.from(JSON.stringify(document)), random))
  }
  rmSync(file, { force: true })
}
