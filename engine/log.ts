/** How much something matters to the people who run the engine. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Writes one line. `data` are values to go with it; an Error shows its causes. Never throws. */
export type Log = (level: LogLevel, text: string, data?: unknown) => void

/** A log whose level may be changed while it runs: lines below it are left out. */
export type AdjustableLog = Log & { level: LogLevel }

/** A log for parts that are run without one. */
export const noLog: Log = () => undefined

/** Whether a log lets its level be changed. */
export function isAdjustable(log: Log): log is AdjustableLog {
  return 'level' in log
}

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
