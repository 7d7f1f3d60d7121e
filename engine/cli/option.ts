/**
 * An option of the command line. Parsing, help, environment and checks all come from this: an option is written once.
 */
export interface Option<Value> {
  /** What help shows in place of the value; absent for a switch. */
  readonly value?: string
  readonly help: string
  /** Environment variable that gives the value when the option is not written. */
  readonly variable?: string
  /** Value when neither is given. */
  readonly fallback: Value
  /** As help shows the fallback. */
  readonly shown?: string
  /** Whether it may be written several times; then the values are collected. */
  readonly many: boolean
  /** Makes the value of the texts that were given. Throws {@link OptionFault}. */
  read(texts: readonly string[]): Value
}

/** Options by name, without the dashes. */
export type Options = Readonly<Record<string, Option<unknown>>>

/** What was read for each option. */
export type Values<Given extends Options> = {
  readonly [Name in keyof Given]: Given[Name] extends Option<infer Value> ? Value : never
}

/** A text that does not fit an option: why, and what to write instead. */
export class OptionFault extends Error {
  readonly wanted: string

  constructor(detail: string, wanted: string) {
    super(detail)
    this.name = 'OptionFault'
    this.wanted = wanted
  }
}

interface Common {
  help: string
  variable?: string
}

/** A switch: off unless written. In the environment it is 1 or 0. */
export function flag(about: Common): Option<boolean> {
  const words: Readonly<Record<string, boolean>> = { 1: true, true: true, yes: true, 0: false, false: false, no: false }
  return {
    ...about,
    fallback: false,
    many: false,
    read: (texts) => {
      const value = words[last(texts).toLowerCase()]
      if (value === undefined) throw new OptionFault('it is neither yes nor no', 'Write 1 or 0.')
      return value
    },
  }
}

/** Any text that is not empty. */
export function text<Fallback extends string | undefined>(
  about: Common & { value: string; fallback: Fallback; shown?: string },
): Option<string | Fallback> {
  return { ...shownText(about.fallback), ...about, many: false, read: (texts) => filled(last(texts)) }
}

/** Several texts; in the environment they stand with commas between them. */
export function texts(about: Common & { value: string; check?: (text: string) => void }): Option<readonly string[]> {
  const { check, ...rest } = about
  return {
    ...rest,
    fallback: [],
    many: true,
    read: (given) => {
      const all = given.flatMap((entry) => entry.split(',')).map((entry) => filled(entry.trim()))
      for (const entry of all) check?.(entry)
      return all
    },
  }
}

/** A whole number in a range, both ends included. */
export function integer<Fallback extends number | undefined>(
  about: Common & { value: string; fallback: Fallback; least: number; most: number },
): Option<number | Fallback> {
  const { least, most, ...rest } = about
  return {
    ...rest,
    ...(about.fallback === undefined ? {} : { shown: String(about.fallback) }),
    many: false,
    read: (given) => {
      const found = last(given)
      const number = /^\d{1,15}$/.test(found) ? Number(found) : Number.NaN
      if (number >= least && number <= most) return number
      throw new OptionFault('that is no whole number in range', `Write a whole number from ${least} to ${most}.`)
    },
  }
}

/** One of a few words. */
export function choice<Word extends string>(about: Common & { words: readonly Word[]; fallback: Word }): Option<Word> {
  const { words, ...rest } = about
  return {
    ...rest,
    value: words.join('|'),
    shown: about.fallback,
    many: false,
    read: (given) => {
      const word = words.find((entry) => entry === last(given))
      if (word !== undefined) return word
      throw new OptionFault('that is not one of the choices', `Write one of ${words.join(', ')}.`)
    },
  }
}

/** A URL of certain schemes. */
export function url<Fallback extends string | undefined>(
  about: Common & { fallback: Fallback; schemes: readonly string[]; example: string },
): Option<string | Fallback> {
  const { schemes, example, ...rest } = about
  const wanted = `Write a URL such as ${example}; it begins with ${schemes.map((scheme) => `${scheme}://`).join(', ')}.`
  return {
    ...rest,
    ...shownText(about.fallback),
    value: 'URL',
    many: false,
    read: (given) => {
      const found = last(given)
      const parsed = URL.parse(found)
      if (parsed === null || !found.includes('://')) throw new OptionFault('that is no URL', wanted)
      const scheme = parsed.protocol.slice(0, -1)
      if (!schemes.includes(scheme)) throw new OptionFault(`"${scheme}" is no scheme for this`, wanted)
      if (parsed.hostname === '') throw new OptionFault('it names no host', wanted)
      return found
    },
  }
}

/** The last one counts, as a script may append to what it was given. */
function last(given: readonly string[]): string {
  return given.at(-1) ?? ''
}

function filled(given: string): string {
  if (given === '') throw new OptionFault('that is empty', 'Write a value.')
  return given
}

function shownText(fallback: string | undefined): { shown?: string } {
  return fallback === undefined ? {} : { shown: fallback }
}
