import { Cron } from 'croner'

/** When something is to happen again and again. */
export type Schedule =
  | { readonly kind: 'every'; readonly milliseconds: number }
  | { readonly kind: 'cron'; readonly pattern: string; readonly timeZone: string }

/** The first time of a schedule after `after`, given one of its times for `every`. UTC milliseconds; undefined when there is none. */
export type NextTime = (after: number, anchor: number) => number | undefined

/** Compiles a schedule into a function that computes times; the clock does not count. Throws when {@link cronFault} finds a fault. */
export function compileSchedule(schedule: Schedule): NextTime {
  if (schedule.kind === 'every') {
    const { milliseconds } = schedule
    // A clock that was set back must not make it wait for more than one interval.
    return (after, anchor) =>
      anchor > after
        ? Math.min(anchor, after + milliseconds)
        : anchor + (Math.floor((after - anchor) / milliseconds) + 1) * milliseconds
  }
  const cron = readCron(schedule.pattern, schedule.timeZone)
  return (after) => cron.nextRun(new Date(after))?.getTime()
}

/** Why a text is no cron pattern, or undefined when it is one. */
export function cronFault(pattern: string): string | undefined {
  if (!/^(?:@[a-z]+|\S+(?:\s+\S+){4,5})$/.test(pattern.trim())) {
    return `"${pattern}" is not a cron pattern: it has 5 parts (minute hour day month weekday), or 6 with seconds in front`
  }
  try {
    return readCron(pattern, 'UTC').nextRun(new Date(0)) === null
      ? `"${pattern}" names a time that never comes`
      : undefined
  } catch (thrown) {
    const reason =
      thrown instanceof Error ? thrown.message.replace(/^CronPattern: /, '').replace(/\.$/, '') : String(thrown)
    return `"${pattern}" is not a cron pattern: ${reason}`
  }
}

/** Whether the machine knows a time zone by this name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch (thrown) {
    if (thrown instanceof RangeError) return false
    throw thrown
  }
}

/** Without a function to call, and paused, it is a calculator: it sets no timer. */
function readCron(pattern: string, timeZone: string): Cron {
  return new Cron(pattern, { timezone: timeZone, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard', paused: true })
}
