import type { Random } from '../jsonata/random.ts'
import { ask } from '../server/ask.ts'
import { headerText } from './hooks.ts'
import { almostJson, mutateJson, wild } from './mutate.ts'
import type { Target } from './target.ts'

/** Heads by which somebody says who they are, or where they come from. */
const heads: readonly ((random: Random) => [string, string])[] = [
  (random) => ['authorization', `Bearer ${headerText(random)}`],
  (random) => ['authorization', `Bearer rw_${'a'.repeat(random.below(80))}`],
  (random) => ['authorization', headerText(random)],
  (random) => ['cookie', `rulewire-1880=${headerText(random)}; ${headerText(random)}`],
  (random) => ['cookie', ';='.repeat(random.below(2000))],
  (random) => ['host', headerText(random)],
  (random) => ['origin', headerText(random)],
  (random) => ['sec-fetch-site', random.pick(['same-origin', 'cross-site', 'none', 'x'])],
  (random) => ['x-forwarded-for', headerText(random)],
  (random) => ['content-type', headerText(random)],
]
const paths = ['/api/v1/session', '/api/v1/flows', '/livez', '/metrics', '/', '/api/v1/live']

/** Logins that are none, and requests of somebody who claims to be somebody. */
export async function attackDoor({ httpPort }: Target, random: Random, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    const headers = Object.fromEntries(random.list(1 + random.below(3), () => random.pick(heads)(random)))
    const login = random.chance(0.4)
    const body = almostJson(mutateJson({ name: wild(random), password: wild(random) }, random), random)
    const route = random.pick(['/api/v1/login', '/api/v1/setup', '/api/v1/logout', '/api/v1/password'])
    const path = login ? route : random.pick(paths)
    const claims = random.chance(0.5) ? headers : {}
    const { status, text } = await ask(
      httpPort,
      login ? 'POST' : 'GET',
      random.chance(0.1) ? `${path}?token=${encodeURIComponent(headerText(random))}` : path,
      { headers: claims, ...(login ? { body, ...('content-type' in claims ? { type: null } : {}) } : {}) },
    )
    if (status === 500) throw new Error(`${path} ${JSON.stringify(claims)} ${body.toString()} answers 500: ${text}`)
  }
}
