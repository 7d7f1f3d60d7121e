import { pino } from 'pino'
import { type AdjustableLog, escapeControls, type LogLevel, logLevels } from '../log.ts'
import { Repeats } from './repeats.ts'

export interface LogOptions {
  /** Lines below this level are left out; it can be changed later. */
  level: LogLevel
  /** `text`: lines for people. `json`: one object a line, for programs. */
  format: 'text' | 'json'
  /** A line that comes again within so many milliseconds is only counted; 0 (the default) writes all. */
  repeats?: number
  /** Where a finished line goes, with its line end. */
  write(line: string): void
  /** UTC milliseconds. */
  now?(): number
  /** Calls back after so many milliseconds, without keeping the process. */
  later?(milliseconds: number, run: () => void): void
}

/** Writes what was let through. */
type Print = (time: Date, level: LogLevel, text: string, data: unknown) => void

/** A log that writes lines such as `12:03:04 info  flow cold-chain deployed (6 nodes)`; times of day are local. */
export function createLog(options: LogOptions): AdjustableLog {
  const now = options.now ?? Date.now
  const print = options.format === 'json' ? jsonPrinter(options.write) : textPrinter(options.write)
  const within = options.repeats ?? 0
  const repeats = new Repeats(within)
  const later = options.later ?? ((milliseconds, run) => void setTimeout(run, milliseconds).unref())
  let planned = false
  const tellEnded = (time: number) => {
    for (const over of repeats.ended(time)) print(new Date(time), over.level, over.text, undefined)
  }
  // Without it the last count would wait for the next line, which may come tomorrow.
  const plan = () => {
    if (planned) return
    planned = true
    later(within, () => {
      planned = false
      tellEnded(now())
      if (repeats.counting) plan()
    })
  }
  let least = logLevels.indexOf(options.level)
  const log = (level: LogLevel, text: string, data?: unknown) => {
    if (logLevels.indexOf(level) < least) return
    const time = now()
    tellEnded(time)
    if (repeats.isNew(level, text, data, time)) print(new Date(time), level, text, data)
    else plan()
  }
  return Object.defineProperty(log, 'level', {
    get: () => logLevels[least],
    set: (level: LogLevel) => {
      least = logLevels.indexOf(level)
    },
  }) as unknown as AdjustableLog // the property was just made
}

function textPrinter(write: (line: string) => void): Print {
  return (time, level, text, data) => write(`${textLine(time, level, text, data)}\n`)
}

function textLine(time: Date, level: LogLevel, text: string, data: unknown): string {
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0'))
  const head = `${clock.join(':')} ${level.padEnd(5)} ${escapeControls(text)}`
  if (data === undefined) return head
  if (data instanceof Error) return [head, ...errorLines(data)].join('\n         ')
  return `${head} ${escapeControls(typeof data === 'string' ? data : safeJson(data))}`
}

/** The error and its causes with their stacks, each line escaped for itself. */
function errorLines(error: Error): string[] {
  const lines = (error.stack ?? error.message).split('\n').map(escapeControls)
  return error.cause instanceof Error ? [...lines, 'because of', ...errorLines(error.cause)] : lines
}

function safeJson(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) ?? String(value)
    )
  } catch (thrown) {
    // A circle: the line matters more than its data.
    return JSON.stringify({ unprintable: thrown instanceof Error ? thrown.message : String(thrown) })
  }
}

/** `{"level":"warn","time":"2026-01-02T03:04:05.678Z","data":{...},"text":"..."}`; what is let through is decided before. */
function jsonPrinter(write: (line: string) => void): Print {
  let stamp = ''
  const logger = pino(
    {
      level: 'debug',
      base: null,
      messageKey: 'text',
      timestamp: () => `,"time":"${stamp}"`,
      formatters: { level: (level) => ({ level }) },
    },
    // JSON leaves DEL, C1 controls and direction marks as they are.
    { write: (line) => write(`${escapeControls(line.trimEnd())}\n`) },
  )
  return (time, level, text, data) => {
    stamp = time.toISOString()
    logger[level](data === undefined ? {} : { data: plain(data) }, text)
  }
}

function plain(data: unknown): unknown {
  if (!(data instanceof Error)) return data
  return {
    error: data.name,
    text: data.message,
    stack: data.stack,
    ...(data.cause === undefined ? {} : { cause: plain(data.cause) }),
  }
}
