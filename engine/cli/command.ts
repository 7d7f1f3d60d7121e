import type { Options, Values } from './option.ts'
import type { Source } from './parse.ts'
import type { Terminal } from './terminal.ts'

export interface Command<Given extends Options = Options> {
  name: string
  /** One sentence. */
  summary: string
  /** What stands behind the name, as help shows it: `FILE... [options]`. */
  usage: string
  /** Words beside the options: how many there must and may be, and what they are. */
  words: { least: number; most: number; what: string }
  options: Given
  /** Those of the options that the help of another command shows; this one only names that. */
  borrowed?: { from: string; options: Options }
  /** Further lines of the help: examples, exit codes. */
  notes?: string
  /** Gives the exit code. */
  run(input: CommandInput<Given>): Promise<number> | number
}

export interface CommandInput<Given extends Options> {
  values: Values<Given>
  sources: Readonly<Record<string, Source>>
  words: readonly string[]
  terminal: Terminal
}

/** Declares a command; its `run` knows the types of its options. */
export function command<Given extends Options>(declared: Command<Given>): Command {
  // `run` only ever gets what was parsed by the options that stand beside it
  return declared as unknown as Command
}

export const noWords = { least: 0, most: 0, what: '' }
