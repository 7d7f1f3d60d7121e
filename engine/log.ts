/** How much something matters to the people who run the engine. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Writes one line. `data` are values to go with it; an Error shows its causes. Never throws. */
export type Log = (level: LogLevel, text: string, data?: unknown) => void

export interface LogOptions {
  /** Lines below this level are left out. */
  level: LogLevel
  /** `text`: lines for people. `json`: one object a line, for programs. */
  format: 'text' | 'json'
  /** Where a finished line goes, with its line end. */
  write(line: string): void
  /** UTC milliseconds. */
  now?(): number
}

/** A log that writes lines such as `12:03:04 info  flow cold-chain deployed (6 nodes)`; times of day are local. */
export function createLog(options: LogOptions): Log {
  const least = logLevels.indexOf(options.level)
  const now = options.now ?? Date.now
  const print = options.format === 'json' ? jsonLine : textLine
  return (level, text, data) => {
    if (logLevels.indexOf(level) >= least) options.write(`${print(new Date(now()), level, text, data)}\n`)
  }
}

/** A log for parts that are run without one. */
export const noLog: Log = () => undefined

/**
 * The text with everything made visible that could move a terminal's cursor or end a line: control characters, line separators
 * and marks that turn the direction of writing.
 */
export function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const named = namedControls[character]
    return named ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

const namedControls: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

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

function jsonLine(time: Date, level: LogLevel, text: string, data: unknown): string {
  const entry = { time: time.toISOString(), level, text, ...(data === undefined ? {} : { data: plain(data) }) }
  // JSON leaves DEL, C1 controls and direction marks as they are.
  return escapeControls(safeJson(entry))
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
