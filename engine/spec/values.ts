/** A value as a sentence names it: `nothing`, `null`, `the number 5`, `the text "abc"`, `an array`. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value)}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return `an array of ${value.length}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** UTC milliseconds of a number of milliseconds or an ISO 8601 text; undefined when it is neither. */
export function readTime(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.abs(value) <= lastTime ? Math.round(value) : undefined
  if (typeof value !== 'string' || !isoTime.test(value)) return undefined
  const parsed = Date.parse(value.includes('T') && !zoned.test(value) ? `${value}Z` : value)
  return Number.isNaN(parsed) ? undefined : parsed
}

/** The calendar of JavaScript ends there, UTC milliseconds. */
const lastTime = 8.64e15

const isoTime = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/
const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/
