import { readTime } from '../spec/values.ts'

/** Reads a time of a file; undefined when it is none. */
export type ReadTimeText = (value: unknown) => number | undefined

/** How a time may be written, for hints. */
export const timeForms = '2026-01-31T06:00:00Z, "2026-01-31 06:00:00", or seconds or milliseconds since 1970'

/**
 * Reads times: ISO 8601, `YYYY-MM-DD HH:MM[:SS[.fff]]` in the zone, and numbers since 1970: seconds, milliseconds, and what databases
 * have of micro- and nanoseconds, told by their size. Gives UTC milliseconds.
 *
 * @param zone of times that name none, such as `Europe/Paris`; see {@link isTimeZone}
 */
export function timeReader(zone: string): ReadTimeText {
  const toUtc = zone === 'UTC' ? (local: number) => local : zoneReader(zone)
  return (value) => {
    if (typeof value === 'number') return sinceEpoch(value)
    if (typeof value !== 'string') return undefined
    const text = value.trim()
    const local = localTime(text)
    if (local === null) return undefined
    if (local !== undefined) return toUtc(local)
    if (/^-?\d+(?:\.\d+)?$/.test(text)) return sinceEpoch(Number(text))
    return readTime(text.replace(/^(\d{4}-\d{2}-\d{2}) (?=\d)/, '$1T').replace(/ (?=Z$|[+-]\d{2}:?\d{2}$)/, ''))
  }
}

/** Whether there is a time zone of this name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (thrown) {
    if (thrown instanceof RangeError) return false
    throw thrown
  }
}

/** Numbers of the years 1973 to 5138 are told apart by their size, whatever the unit. */
function sinceEpoch(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined
  const size = Math.abs(value)
  if (size >= 1e17) return Math.round(value / 1e6)
  if (size >= 1e14) return Math.round(value / 1000)
  return Math.round(size >= 1e11 ? value : value * 1000)
}

const localShape = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?$/

/** The milliseconds that a time without a zone would have in UTC; null when there is no such time, such as on 30 February. */
function localTime(text: string): number | null | undefined {
  const found = localShape.exec(text)
  if (found === null) return undefined
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0))
  const fraction = Math.round(Number(`0.${found[7] ?? 0}`) * 1000)
  const time = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second, fraction)
  const date = new Date(time)
  // Date.UTC makes 1 March of 30 February.
  const isReal = date.getUTCMonth() === (month ?? 1) - 1 && date.getUTCDate() === day && (hour ?? 0) < 24
  return isReal && (minute ?? 0) < 60 && (second ?? 0) < 60 ? time : null
}

/** Offsets are asked once for each quarter of an hour: no zone changes more often. */
function zoneReader(zone: string): (local: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const offsetAt = (utc: number) => {
    const parts = Object.fromEntries(format.formatToParts(utc).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(utc / 1000) * 1000
  }
  let quarter = Number.NaN
  let offset = 0
  return (local) => {
    const place = Math.floor(local / 900_000)
    if (place !== quarter) {
      // The first guess may be on the wrong side of a change of the clocks; the second is not.
      offset = offsetAt(local - offsetAt(local))
      quarter = place
    }
    return local - offset
  }
}
