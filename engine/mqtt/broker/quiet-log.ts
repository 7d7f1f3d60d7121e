import type { Log, LogLevel } from '../../log.ts'

/** Milliseconds between two lines about the same thing. */
const quiet = 60_000
/** Things that are remembered; over it the oldest is forgotten. */
const remembered = 2000
/** Characters of a line, and of a client id in what is remembered: both can have 65,535. */
const longest = 1000

/** Writes a line about a client and a subject at most once a minute, with how many it left out. */
export type QuietLog = (level: LogLevel, clientId: string, subject: string, text: string) => void

/** A log that a client cannot fill by doing the same again and again. `now` gives UTC milliseconds. */
export function createQuietLog(log: Log, now: () => number): QuietLog {
  const lines = new Map<string, { at: number; omitted: number }>()
  return (level, clientId, subject, text) => {
    const key = `${subject} ${clientId.slice(0, longest)}`
    const line = lines.get(key)
    const time = now()
    if (line !== undefined && Math.abs(time - line.at) < quiet) {
      line.omitted++
      return
    }
    lines.delete(key)
    lines.set(key, { at: time, omitted: 0 })
    const oldest = lines.keys().next()
    if (lines.size > remembered && !oldest.done) lines.delete(oldest.value)
    const omitted = line?.omitted ?? 0
    const shown = text.length > longest ? `${text.slice(0, longest)}…` : text
    log(level, omitted === 0 ? shown : `${shown} (and ${omitted} more like it)`)
  }
}
