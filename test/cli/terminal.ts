import { run } from '../../engine/cli/run.ts'
import type { Terminal } from '../../engine/cli/terminal.ts'

export interface FakeTerminal extends Terminal {
  readonly output: string
  readonly errors: string
  readonly exits: number[]
  /** What is typed or piped in next. */
  input: string
  signal(name: string): void
  /** As SIGHUP does. */
  reload(): void
}

/** A terminal that keeps what was written. */
export function fakeTerminal(env: Record<string, string> = {}, colors = false): FakeTerminal {
  const listeners = new Set<(name: string) => void>()
  const reloads = new Set<() => void>()
  const written = { output: '', errors: '' }
  return {
    env,
    colors,
    exits: [],
    input: '',
    get output() {
      return written.output
    },
    get errors() {
      return written.errors
    },
    out: (text) => {
      written.output += text
    },
    err: (text) => {
      written.errors += text
    },
    onSignal: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onReload: (listener) => void reloads.add(listener),
    reload: () => {
      for (const listener of reloads) listener()
    },
    exit(code) {
      this.exits.push(code)
    },
    readHidden() {
      return Promise.resolve(this.input)
    },
    signal: (name) => {
      for (const listener of listeners) listener(name)
    },
  }
}

/** Runs a command line in this process. */
export async function rulewire(args: readonly string[], env: Record<string, string> = {}, input = '') {
  const terminal = fakeTerminal(env)
  terminal.input = input
  const code = await run(args, terminal)
  return { code, out: terminal.output, err: terminal.errors }
}
