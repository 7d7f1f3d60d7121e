/** A part of a regular expression. */
export type Part =
  | { readonly kind: 'empty' }
  | { readonly kind: 'char'; readonly source: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Part[] }
  | { readonly kind: 'choice'; readonly options: readonly Part[] }
  | { readonly kind: 'group'; readonly index: number; readonly part: Part }
  | Repeat
  | { readonly kind: 'start' | 'end' | 'word' | 'notWord' }
  | { readonly kind: 'look'; readonly isNegative: boolean; readonly part: Part }
  | { readonly kind: 'back'; readonly group: number | string }

export interface Repeat {
  readonly kind: 'repeat'
  readonly part: Part
  readonly min: number
  readonly max: number
  readonly isLazy: boolean
  /** The groups inside, which forget what they held when the next turn begins. */
  readonly firstGroup: number
  readonly lastGroup: number
}

/** What a regular expression is made of; groups are numbered from 1. */
export interface Syntax {
  readonly part: Part
  readonly groups: number
  readonly names: ReadonlyMap<string, number>
}

/**
 * Reads the source of a regular expression that JavaScript has accepted, without the flags u and v. Undefined when it has
 * parts that are not known here: looking behind, and flags inside.
 */
export function readSyntax(source: string): Syntax | undefined {
  const reader = new Reader(source)
  const part = reader.choice()
  return reader.isKnown ? { part, groups: reader.groups, names: reader.names } : undefined
}

const escapes: readonly RegExp[] = [/^\\x[0-9a-fA-F]{2}/, /^\\u[0-9a-fA-F]{4}/, /^\\c[A-Za-z]/]

class Reader {
  readonly #source: string
  readonly #total: number
  readonly names = new Map<string, number>()
  #at = 0
  groups = 0
  isKnown = true

  constructor(source: string) {
    this.#source = source
    this.#total = countGroups(source)
  }

  choice(): Part {
    const options = [this.#sequence()]
    while (this.#source[this.#at] === '|') {
      this.#at++
      options.push(this.#sequence())
    }
    const [only] = options
    return options.length === 1 && only !== undefined ? only : { kind: 'choice', options }
  }

  #sequence(): Part {
    const parts: Part[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#source.charAt(this.#at))) {
      const before = this.groups
      const part = this.#term()
      parts.push(this.#repeated(part, before))
    }
    const [only] = parts
    if (only === undefined) return { kind: 'empty' }
    return parts.length === 1 ? only : { kind: 'sequence', parts }
  }

  #repeated(part: Part, groupsBefore: number): Part {
    const match = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})(\??)/.exec(this.#source.slice(this.#at, this.#at + 50))
    if (match === null) return part
    this.#at += match[0].length
    const [text, low, comma, high, lazy] = match
    const sign = text.charAt(0)
    const min = sign === '{' ? Number(low) : sign === '+' ? 1 : 0
    const max = sign === '?' ? 1 : sign !== '{' ? Infinity : high ? Number(high) : comma ? Infinity : min
    const groups = { firstGroup: groupsBefore + 1, lastGroup: this.groups }
    return { kind: 'repeat', part, min, max, isLazy: lazy === '?', ...groups }
  }

  #term(): Part {
    const char = this.#source.charAt(this.#at)
    if (char === '(') return this.#group()
    if (char === '[') return this.#class()
    if (char === '\\') return this.#escape()
    this.#at++
    if (char === '^') return { kind: 'start' }
    if (char === '$') return { kind: 'end' }
    return { kind: 'char', source: char === '.' ? '.' : literal(char) }
  }

  #group(): Part {
    const rest = this.#source.slice(this.#at, this.#at + 4)
    const name = /^\(\?<([^=!>][^>]*)>/.exec(this.#source.slice(this.#at))?.[1]
    if (name !== undefined) this.#at += name.length + 4
    else if (rest.startsWith('(?:') || rest.startsWith('(?=') || rest.startsWith('(?!')) this.#at += 3
    else if (rest.startsWith('(?')) {
      this.isKnown = false
      this.#at = this.#source.length
      return { kind: 'empty' }
    } else this.#at += 1
    const isCapturing = name !== undefined || !rest.startsWith('(?')
    const index = isCapturing ? ++this.groups : 0
    if (name !== undefined) this.names.set(name, index)
    const part = this.choice()
    this.#at++
    if (isCapturing) return { kind: 'group', index, part }
    return rest[2] === ':' ? part : { kind: 'look', isNegative: rest[2] === '!', part }
  }

  #class(): Part {
    const start = this.#at
    do this.#at += this.#source[this.#at] === '\\' ? 2 : 1
    while (this.#source[this.#at] !== ']')
    this.#at++
    return { kind: 'char', source: this.#source.slice(start, this.#at) }
  }

  #escape(): Part {
    const rest = this.#source.slice(this.#at)
    const next = rest.charAt(1)
    if (next === 'b' || next === 'B') {
      this.#at += 2
      return { kind: next === 'b' ? 'word' : 'notWord' }
    }
    const number = /^\\([1-9]\d*)/.exec(rest)?.[1]
    if (number !== undefined && Number(number) <= this.#total) {
      this.#at += 1 + number.length
      return { kind: 'back', group: Number(number) }
    }
    const name = /^\\k<([^>]+)>/.exec(rest)?.[1]
    if (name !== undefined && this.#source.includes(`(?<${name}>`)) {
      this.#at += 4 + name.length
      return { kind: 'back', group: name }
    }
    const octal = /^\\(?:[0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(rest)?.[0]
    const source = octal ?? escapes.map((form) => form.exec(rest)?.[0]).find((form) => form !== undefined)
    this.#at += source?.length ?? 2
    return { kind: 'char', source: source ?? rest.slice(0, 2) }
  }
}

/** A character that means nothing else. */
function literal(char: string): string {
  return /[\]{}]/.test(char) ? `\\${char}` : char
}

/** Numbered groups, which decide whether `\2` means one of them. */
function countGroups(source: string): number {
  const bare = source.replaceAll(/\\./gs, 'x').replaceAll(/\[[^\]]*\]/g, 'x')
  return bare.match(/\((?!\?)|\(\?<(?![=!])/g)?.length ?? 0
}
