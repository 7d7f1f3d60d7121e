import { parseDuration } from '../spec/fields.ts'
import { type Option, OptionFault } from './option.ts'

interface About {
  value: string
  help: string
}

/** An option that is a span of time: `30m`, `2h`; milliseconds. */
export function span(about: About): Option<number | undefined> {
  return {
    ...about,
    fallback: undefined,
    many: false,
    read: (given) => {
      const milliseconds = parseDuration(given.at(-1) ?? '')
      if (milliseconds !== undefined && milliseconds > 0) return milliseconds
      throw new OptionFault('that is no span of time', 'Write a number and a unit, such as 30m, 2h, 1h30m or 7d.')
    },
  }
}

/** An option that is a point in time, ISO 8601 or UTC milliseconds; a time without a zone is that of this machine. */
export function moment(about: About): Option<number | undefined> {
  return {
    ...about,
    fallback: undefined,
    many: false,
    read: (given) => {
      const text = given.at(-1) ?? ''
      const time = /^\d{11,15}$/.test(text)
        ? Number(text)
        : /^\d{4}-\d\d-\d\d/.test(text)
          ? Date.parse(text)
          : Number.NaN
      if (Number.isFinite(time)) return time
      throw new OptionFault(
        'that is no time',
        'Write one such as 2026-05-04, 2026-05-04T08:30 or 2026-05-04T08:30:00Z.',
      )
    },
  }
}

/** A span of time for people, in its two largest units: `2h5m`, `3d4h`, `12s`. */
export function spanText(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))}ms`
  let left = Math.round(milliseconds / 1000)
  const parts: string[] = []
  for (const [unit, size] of units) {
    const count = Math.floor(left / size)
    left -= count * size
    // What follows a unit that is nothing would be too fine to say.
    if (count > 0) parts.push(`${count}${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join('')
}

/** `2026-05-04 08:30:12Z`. */
export function timeText(time: number): string {
  return new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const
