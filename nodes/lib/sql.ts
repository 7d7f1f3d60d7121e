import { queryReach, type SqlValue } from '../../engine/node.ts'

/** A value as SQLite keeps it: booleans as 1 and 0, arrays and objects as JSON text, nothing as NULL. */
export function sqlValue(value: unknown): SqlValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'number' || typeof value === 'string' || value instanceof Uint8Array) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  return JSON.stringify(value) ?? null
}

/** Why a text cannot be run as a query, or undefined. SQLite itself refuses to write; this says so before it runs. */
export function queryFault(sql: string): string | undefined {
  const plain = withoutTexts(sql)
  const first = /^\s*([A-Za-z]+)/.exec(plain)?.[1]?.toUpperCase() ?? ''
  if (!['SELECT', 'WITH', 'VALUES'].includes(first)) {
    return `it starts with ${first === '' ? 'nothing that reads' : first}; start it with SELECT, WITH or VALUES`
  }
  if (/;\s*\S/.test(plain)) return 'it holds more than one statement; keep one'
  const reach = queryReach(sql)
  if (reach !== undefined) return reach
  const other = /\?\d*|[@$][A-Za-z_]\w*/.exec(plain)?.[0]
  return other === undefined ? undefined : `"${other}" is not how values are written here; use :name`
}

/** The names of the values that a query needs, as `:name` in it. */
export function queryNames(sql: string): string[] {
  return [...new Set(Array.from(withoutTexts(sql).matchAll(/:([A-Za-z_]\w*)/g), (match) => match[1] ?? ''))]
}

/**
 * Strings, quoted names and comments become blanks: a colon in them is no placeholder. One that is not closed goes on to the end, so that
 * each sign is looked at once.
 */
function withoutTexts(sql: string): string {
  return sql.replace(
    /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g,
    ' ',
  )
}
