import { timeForms, timeReader } from '../backtest/time.ts'
import { parseDuration } from '../spec/fields.ts'
import { type Option, OptionFault } from './option.ts'

const readTime = timeReader('UTC')

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

/** An option that is a point in time: as in files, with UTC where no zone is named, or `7d` for seven days ago. */
export function moment(about: About): Option<number | undefined> {
  return {
    ...about,
    fallback: undefined,
    many: false,
    read: (given) => {
      const text = given.at(-1) ?? ''
      const ago = parseDuration(text)
      const time = ago !== undefined && ago > 0 ? Date.now() - ago : readTime(text)
      if (time !== undefined) return time
      throw new OptionFault('that is no time', `Write ${timeForms}, or 7d for seven days ago.`)
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
