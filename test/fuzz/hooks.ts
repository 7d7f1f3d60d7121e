import type { Random } from '../jsonata/random.ts'
import { ask } from '../server/ask.ts'
import { almostJson, mutateBytes, mutateJson, wild } from './mutate.ts'
import type { Target } from './target.ts'

/** The hooks of the target, and paths that almost are. */
const paths = ['orders/7', 'orders/{order}', 'form', 'bytes/x', 'level/4', 'order', '', 'orders//7']
const types = [
  'application/json',
  'application/vnd.x+json; charset=utf-8',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/octet-stream',
  'a/b; c="',
  '',
]

/** Requests to hooks of flows with spoiled paths, heads and bodies. */
export async function attackHooks({ httpPort }: Target, random: Random, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    const path = `/hooks/${spoiledPath(random)}`
    const method = random.pick(['POST', 'POST', 'GET', 'PUT', 'HEAD', 'OPTIONS'])
    const headers: Record<string, string> = { 'content-type': random.pick(types) }
    if (random.chance(0.3)) headers['idempotency-key'] = headerText(random)
    if (random.chance(0.3)) headers.authorization = `Bearer ${headerText(random)}`
    if (random.chance(0.3)) headers['x-hub-signature-256'] = `sha256=${headerText(random)}`
    if (random.chance(0.1)) headers['content-encoding'] = 'gzip'
    const body = bodyOf(random)
    const { status, text } = await ask(httpPort, method, path, {
      headers,
      type: null,
      ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
    })
    if (status === 500) throw new Error(`${method} ${path} ${body.toString('latin1')} answers 500: ${text}`)
  }
}

/** Text that may stand in a header, and little of it. */
export function headerText(random: Random): string {
  return String(wild(random))
    .replaceAll(/[^\t\x20-\x7e]/g, '')
    .slice(0, 300)
    .trim()
}

function spoiledPath(random: Random): string {
  const path = random.pick(paths)
  const kind = random.next()
  if (kind < 0.5) return encodeURI(path)
  if (kind < 0.7) return `${encodeURI(path)}?${random.pick(['a', '__proto__', 'a=1&a'])}=${encoded(random)}`
  if (kind < 0.9) return `${random.pick(['orders/', 'level/', 'bytes/', ''])}${encoded(random)}`
  return random.pick(['%', 'orders/%ff', 'orders/%00', 'orders/%2f', 'orders/..', '%2e%2e/x', 'a/'.repeat(200)])
}

function encoded(random: Random): string {
  return encodeURIComponent(String(wild(random)).slice(0, 200).toWellFormed())
}

function bodyOf(random: Random): Buffer {
  const kind = random.next()
  const value = mutateJson({ order: 7, lines: [{ item: 'a', count: 1 }], note: 'x' }, random)
  if (kind < 0.5) return almostJson(value, random)
  if (kind < 0.7) return mutateBytes(Buffer.from('a=1&b=%20&a=2&__proto__=x&c'), random)
  if (kind < 0.8) return Buffer.from('['.repeat(random.below(3000)))
  return Buffer.from(random.list(random.below(2000), () => random.below(256)))
}
