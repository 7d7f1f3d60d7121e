import { escapeControls } from '../log.ts'

/** What a command may use of the process, so that tests can run commands without one. */
export interface Terminal {
  /** Writes to standard output. */
  out(text: string): void
  /** Writes to standard error. */
  err(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  readonly colors: boolean
  /** Calls back at SIGINT and SIGTERM. Returns how to end that. */
  onSignal(listener: (signal: string) => void): () => void
  /** Calls back at SIGHUP, unless that says that the terminal window was closed; then it is one of the signals above. */
  onReload?(listener: () => void): void
  /** Ends the process at once. */
  exit(code: number): void
  /** Reads all that is piped in, or one line that nobody sees while it is typed, after the prompt. Rejects at Ctrl-C. */
  readHidden(prompt: string): Promise<string>
  /** Whether somebody types what `readHidden` reads. */
  readonly interactive?: boolean
}

export const exitCodes = { ok: 0, problems: 1, usage: 2, interrupted: 130 } as const

/** The terminal of this process. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    // Who reads may go first ("rulewire nodes | head"); that is no fault.
    stream.on('error', (fault: NodeJS.ErrnoException) => {
      if (fault.code !== 'EPIPE') throw fault
    })
  }
  return {
    out: (text) => void process.stdout.write(harmless(text)),
    err: (text) => void process.stderr.write(harmless(text)),
    env: process.env,
    colors: process.stdout.isTTY === true && process.stdout.hasColors() && process.env.NO_COLOR === undefined,
    onSignal: (listener) => {
      const names = ['SIGINT', 'SIGTERM', ...(hasTerminal() ? ['SIGHUP'] : [])]
      for (const name of names) process.on(name, listener)
      return () => {
        for (const name of names) process.off(name, listener)
      }
    },
    onReload: (listener) => {
      if (!hasTerminal()) process.on('SIGHUP', listener)
    },
    exit: (code) => process.exit(code),
    readHidden,
    interactive: process.stdin.isTTY === true,
  }
}

/** Whether a person started it: then SIGHUP says that their terminal was closed. */
function hasTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true)
}

async function readHidden(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    const chunks: Buffer[] = []
    for await (const chunk of stdin) chunks.push(chunk as Buffer) // no encoding is set
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/\r?\n$/, '')
  }
  stderr.write(prompt)
  stdin.setRawMode(true)
  try {
    let line = ''
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const sign of String(chunk)) {
        if (sign === '\r' || sign === '\n' || sign === '\u0004') return line
        if (sign === '\u0003') throw new Error('it was interrupted')
        line = sign === '\u007f' || sign === '\b' ? line.slice(0, -1) : line + sign
      }
    }
    return line
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

export type Color = 'red' | 'yellow' | 'green' | 'dim' | 'bold'

const codes: Readonly<Record<Color, [number, number]>> = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  dim: [2, 22],
  bold: [1, 22],
}

/** The text in a colour, where the terminal shows colours. */
export function paint(terminal: Terminal, color: Color, text: string): string {
  const [on, off] = codes[color]
  return terminal.colors ? `\u001b[${on}m${text}\u001b[${off}m` : text
}

/**
 * The text without control characters of others, such as a device's in a topic: only line ends, tabs, and what {@link paint} and the line
 * of progress need are left, the others are made visible. In JSON the escapes mean the same.
 */
export function harmless(text: string): string {
  return text
    .split(ours)
    .map((part, index) => (index % 2 === 1 ? part : escapeControls(part)))
    .join('')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const ours = /(\n|\t|^\r|\u001b\[(?:1|2|22|31|32|33|39)m|\u001b\[K$)/

/** `1 flow`, `2 flows`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** Lines of cells, each column as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  }
  const line = (row: readonly string[]) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')
  return rows.map((row) => `${indent}${line(row)}`.trimEnd()).join('\n')
}
