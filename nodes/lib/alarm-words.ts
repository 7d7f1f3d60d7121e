import type { AlarmState } from './alarm-state.ts'

/** A span of time for people: 2h5m, 3m10s, 500ms. */
export function span(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))}ms`
  let left = Math.round(milliseconds / 1000)
  const parts: string[] = []
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return parts.slice(0, 2).join('')
}

/** A time for people, UTC, to the second. */
export function iso(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** What is wrong with the data, in a sentence; null when nothing is. */
export function detailOf({ data, detail, heard }: AlarmState, now: number): string | null {
  if (data === 'BAD') return detail ?? 'The last value could not be used.'
  return data === 'STALE' ? `${span(now - heard)} without a value.` : null
}
