import { type HookRequest, isDeeperThan, maxJsonDepth, rulewireError } from '../../engine/node.ts'

/** How the body of a request is read. `auto` goes by its Content-Type. */
export type BodyKind = 'auto' | 'json' | 'text' | 'form' | 'bytes'

/** The value of a body. Throws BAD_REQUEST when it is not what it should be. */
export function readBody({ body, headers }: HookRequest, wanted: BodyKind): unknown {
  const kind = wanted === 'auto' ? kindOf(headers['content-type']) : wanted
  if (kind === 'bytes') return body
  const text = textOf(body)
  if (kind === 'auto') return text === undefined ? body : jsonOr(text)
  if (text === undefined) throw refused('is not UTF-8', `Send ${names[kind]} in UTF-8.`)
  if (kind === 'text') return text
  return kind === 'form' ? formOf(text) : jsonOf(text)
}

const names = { json: 'JSON', text: 'text', form: 'a form' } as const

function kindOf(type = ''): BodyKind {
  const media = type.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (media === '') return 'auto'
  if (media === 'application/json' || media.endsWith('+json')) return 'json'
  if (media === 'application/x-www-form-urlencoded') return 'form'
  return media.startsWith('text/') ? 'text' : 'bytes'
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined
    throw thrown
  }
}

/** JSON where it is JSON; nothing but the text where it is none, or too deep to be read. */
function jsonOr(text: string): unknown {
  if (isDeeperThan(text, maxJsonDepth)) return text
  try {
    return JSON.parse(text)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return text
    throw thrown
  }
}

function jsonOf(text: string): unknown {
  if (text.trim() === '') throw refused('is empty, where JSON is wanted', 'Send JSON.')
  if (isDeeperThan(text, maxJsonDepth)) {
    throw refused(`is nested deeper than ${maxJsonDepth} levels`, 'Send JSON that is less deep.')
  }
  try {
    return JSON.parse(text)
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    throw refused(`is not JSON (${thrown.message})`, 'Mend it, or send it with another Content-Type.')
  }
}

/** A field that stands twice has a list. */
function formOf(text: string): Record<string, string | string[]> {
  const lists = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(text)) lists.set(name, [...(lists.get(name) ?? []), value])
  return Object.fromEntries(
    [...lists].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

function refused(fault: string, wanted: string) {
  return rulewireError('BAD_REQUEST', { detail: `The body ${fault}.`, wanted })
}
