import { liveSettings } from '../config/index.ts'
import { RulewireError, reasonOf } from '../errors.ts'
import { type AdjustableLog, logLevels } from '../log.ts'
import type { ParsedOptions } from './settings.ts'
import { readSettings } from './settings.ts'

/**
 * Reads the settings again, as they would be at a new start, and applies what can change while running: the level of the log. What
 * else has changed is named, because it waits for a new start. A file with problems changes nothing.
 *
 * @param running names and values of the settings, as of the start
 */
export function reloadSettings(parsed: ParsedOptions, running: ReadonlyMap<string, string>, log: AdjustableLog): void {
  try {
    const { settings, entries } = readSettings(parsed)
    const now = new Map(entries.map(({ name, value }) => [name, JSON.stringify(value)]))
    const live = liveSettings()
    const names = new Set([...now.keys(), ...running.keys()])
    const waiting = [...names].filter((name) => !live.has(name) && now.get(name) !== running.get(name))
    const { level } = settings.log
    // said at the level of before or after, whichever writes more
    if (logLevels.indexOf(level) < logLevels.indexOf(log.level)) log.level = level
    log('info', `settings were read again; the log level is ${level}`)
    if (waiting.length > 0) log('warn', `changed settings that wait for a new start: ${waiting.join(', ')}`)
    log.level = level
  } catch (thrown) {
    const problems = thrown instanceof RulewireError ? thrown.problems : []
    log('error', `settings were not read again, all stays as it was: ${reasonOf(thrown)}`)
    for (const { file, line, column, text } of problems) log('error', `${file}:${line}:${column} ${text}`)
  }
}
