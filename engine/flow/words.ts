import { suggestion } from '../errors.ts'

/** Characters of somebody else's text that a sentence shows. */
const longestShown = 60
/** Characters of a text for which a similar one is looked for. */
const longestCompared = 100
/** How many texts get a suggestion in one check: each costs a comparison with all choices. */
const mostSuggestions = 50

/** A text for a sentence: cut when it is long. */
export function shortText(text: string, limit: number = longestShown): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text
}

/**
 * The text without the user and password that a URL in it holds, for logs and errors. A password may hold any character when the
 * URL was written wrongly, so everything up to the last "@" goes.
 */
export function withoutLogin(text: string): string {
  const parsed = URL.parse(text)
  if (parsed !== null && parsed.username === '' && parsed.password === '') return text
  const begin = text.indexOf('://')
  const end = text.lastIndexOf('@')
  return begin < 0 || end < begin ? text : `${text.slice(0, begin)}://(hidden)${text.slice(end)}`
}

/** A value as a sentence names it; long text is cut, objects and lists are only counted, and logins in URLs are hidden. */
export function foundText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  if (value === undefined) return 'not there'
  const shown = typeof value === 'string' ? withoutLogin(value) : value
  return shortText(JSON.stringify(shown) ?? String(shown))
}

/** Names as a sentence lists them; beyond twenty they are counted. */
export function listed(names: Iterable<string>): string {
  const all = [...names]
  if (all.length === 0) return 'none'
  return all.length <= 20 ? all.join(', ') : `${all.slice(0, 20).join(', ')} and ${all.length - 20} more`
}

/**
 * Gives `; did you mean "x"?` for the nearest of the choices, or nothing. It answers the same text once, and after fifty
 * different ones no more, so that a file in which everything is wrong is checked as fast as any other.
 */
export function suggester(choices: Iterable<string>): (found: string) => string {
  const known = new Map<string, string>()
  const all = [...choices]
  return (found) => {
    if (found.length > longestCompared) return ''
    const answer = known.get(found) ?? (known.size < mostSuggestions ? suggestion(found, all) : '')
    if (known.size < mostSuggestions) known.set(found, answer)
    return answer
  }
}
