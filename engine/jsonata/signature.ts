import { Callable } from './callable.ts'
import { Failure } from './errors.ts'

/** What `a<n>` and its like say in errors. */
const plurals: Readonly<Record<string, string>> = {
  a: 'arrays',
  b: 'booleans',
  f: 'functions',
  n: 'numbers',
  o: 'objects',
  s: 'strings',
}

/** A bit for each type letter. */
const bits: Readonly<Record<string, number>> = { s: 1, n: 2, b: 4, l: 8, a: 16, o: 32, f: 64, m: 128 }

interface Parameter {
  /** The letters of the types it takes, `m` for missing among them. */
  readonly accepts: string
  readonly mask: number
  readonly type: string
  /** `?` and `+`; `-` means that the context may stand in. */
  repeat: '' | '?' | '+'
  context: boolean
  takesAnyContext: boolean
  /** What the items of an array must be. */
  subtype: string | undefined
}

/** A function signature such as `<s-nn?:s>`: checks arguments and brings them into the form that the function takes. */
export class Signature {
  /** As it is written. */
  readonly definition: string
  readonly #parameters: readonly Parameter[]
  /** Each parameter takes one argument where there is one. */
  readonly #isPlain: boolean

  constructor(definition: string) {
    this.definition = definition
    this.#parameters = parse(definition)
    this.#isPlain = this.#parameters.every((one) => one.repeat !== '+' && !isLazy(one))
  }

  /** Gives the arguments, with the context or one-item arrays put in; throws T0410, T0411 or T0412. */
  validate(args: readonly unknown[], context: unknown): readonly unknown[] {
    return this.#fits(args) ? args : this.#adapt(args, context)
  }

  /** True when each argument is what its parameter asks for, with nothing to be put in. */
  #fits(args: readonly unknown[]): boolean {
    const parameters = this.#parameters
    if (!this.#isPlain || args.length > parameters.length) return false
    for (let index = 0; index < parameters.length; index++) {
      const parameter = parameters[index] as Parameter // index is below the length
      if (index >= args.length) {
        if (parameter.repeat !== '?' || parameter.context) return false
      } else {
        const arg = args[index]
        if ((parameter.mask & maskOf(arg)) === 0) return false
        if (parameter.type === 'a' && arg !== undefined && !isArrayFor(parameter, arg)) return false
      }
    }
    return true
  }

  #adapt(args: readonly unknown[], context: unknown): readonly unknown[] {
    const symbols = args.map(symbolOf).join('')
    const counts = divide(this.#parameters, symbols, true)
    if (counts === undefined) throw this.#mismatch(args, symbols)
    const result: unknown[] = []
    let next = 0
    let at = 0
    for (const [index, parameter] of this.#parameters.entries()) {
      const count = counts[index] ?? 0
      const part = symbols.slice(at, at + count)
      at += count
      if (count === 0 && parameter.context) {
        result.push(checkContext(parameter, context, next))
      } else if (count === 0) {
        // An argument is passed by even where none was taken, as in the library.
        result.push(args[next])
        next++
      } else {
        for (const symbol of part) {
          const place = { parameter, symbol, part, index: next }
          result.push(parameter.type === 'a' ? toArray(args[next], place) : args[next])
          next++
        }
      }
    }
    return result
  }

  /** Finds the first argument that does not fit. */
  #mismatch(args: readonly unknown[], symbols: string): Failure {
    let good = 0
    for (let length = 1; length <= this.#parameters.length; length++) {
      const counts = divide(this.#parameters.slice(0, length), symbols, false)
      if (counts === undefined) break
      good = counts.reduce((sum, count) => sum + count, 0)
    }
    return new Failure('T0410', { value: args[good], index: good + 1 })
  }
}

/**
 * How many arguments each parameter takes, the first ones as many as they can. To the end of the arguments, or as far as
 * it goes. Undefined when they do not fit. Places that have failed are remembered, so that no signature takes long.
 */
function divide(parameters: readonly Parameter[], symbols: string, isWhole: boolean): readonly number[] | undefined {
  const failed = new Set<number>()
  const counts: number[] = []
  const from = (index: number, at: number): boolean => {
    const parameter = parameters[index]
    if (parameter === undefined) return !isWhole || at === symbols.length
    const place = index * (symbols.length + 1) + at
    if (failed.has(place)) return false
    for (const count of choices(parameter, symbols, at)) {
      counts[index] = count
      if (from(index + 1, at + count)) return true
    }
    failed.add(place)
    return false
  }
  return from(0, 0) ? counts : undefined
}

/** How many arguments a parameter may take at a place, in the order in which that is tried. */
function choices(parameter: Parameter, symbols: string, at: number): number[] {
  const { accepts, repeat, context } = parameter
  let most = repeat === '+' ? symbols.length - at : 1
  for (let taken = 0; taken < most; taken++) if (!accepts.includes(symbols.charAt(at + taken) || ' ')) most = taken
  const least = context || repeat === '?' ? 0 : 1
  const counts = Array.from({ length: Math.max(0, most - least + 1) }, (_, index) => most - index)
  return isLazy(parameter) ? counts.reverse() : counts
}

/** Both marks together make a parameter take as few as it can. */
function isLazy({ context, repeat }: Parameter): boolean {
  return context && repeat !== ''
}

function isArrayFor(parameter: Parameter, arg: unknown): boolean {
  return Array.isArray(arg) && (parameter.subtype === undefined || areAll(arg, parameter.subtype.charAt(0)))
}

function checkContext(parameter: Parameter, context: unknown, index: number): unknown {
  if (parameter.takesAnyContext || parameter.accepts.includes(symbolOf(context))) return context
  throw new Failure('T0411', { value: context, index: index + 1 })
}

interface ArrayPlace {
  readonly parameter: Parameter
  readonly symbol: string
  readonly part: string
  readonly index: number
}

function toArray(arg: unknown, { parameter, symbol, part, index }: ArrayPlace): unknown {
  if (symbol === 'm') return undefined
  const { subtype } = parameter
  if (subtype !== undefined) {
    const fits = symbol === 'a' ? !Array.isArray(arg) || areAll(arg, subtype.charAt(0)) : part === subtype
    if (!fits) throw new Failure('T0412', { value: arg, index: index + 1, type: plurals[subtype] })
  }
  return symbol === 'a' ? arg : [arg]
}

function areAll(items: readonly unknown[], symbol: string): boolean {
  for (let index = 0; index < items.length; index++) if (symbolOf(items[index]) !== symbol) return false
  return true
}

/** The letter for the type of a value, as signatures write it. */
function symbolOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 's'
    case 'number':
      return 'n'
    case 'boolean':
      return 'b'
    case 'function':
      return 'f'
    case 'object':
      if (value === null) return 'l'
      if (Array.isArray(value)) return 'a'
      return Callable.is(value) ? 'f' : 'o'
    default:
      return 'm'
  }
}

/** The bit for the type of a value. */
function maskOf(value: unknown): number {
  if (typeof value === 'string') return 1
  if (typeof value === 'number') return 2
  if (value === undefined) return 128
  return bits[symbolOf(value)] ?? 0
}

/** The parser of the library has checked the definition before. */
function parse(definition: string): Parameter[] {
  const parameters: Parameter[] = []
  for (let at = 1; at < definition.length && definition[at] !== ':'; at++) {
    const symbol = definition.charAt(at)
    const last = parameters.at(-1)
    if ('snblo'.includes(symbol)) parameters.push(parameter(symbol, `${symbol}m`))
    else if (symbol === 'a' || symbol === 'x') parameters.push(parameter(symbol, 'asnblfom'))
    else if (symbol === 'f') parameters.push(parameter('f', 'f'))
    else if (symbol === 'j') parameters.push(parameter('j', 'asnblom'))
    else if (symbol === '(') {
      const end = closing(definition, at, '(', ')')
      parameters.push(parameter('(', `${definition.slice(at + 1, end)}m`))
      at = end
    } else if (symbol === '<') {
      const end = closing(definition, at, '<', '>')
      if (last !== undefined) last.subtype = definition.slice(at + 1, end)
      at = end
    } else if (last !== undefined) {
      if (symbol === '-') {
        last.context = true
        // The library tests the context with what it has read so far, which takes anything then.
        last.takesAnyContext = last.repeat === '?'
      }
      if (symbol === '?' || symbol === '+') last.repeat = symbol
    }
  }
  return parameters
}

function parameter(type: string, accepts: string): Parameter {
  let mask = 0
  for (const letter of accepts) mask |= bits[letter] ?? 0
  return { type, accepts, mask, repeat: '', context: false, takesAnyContext: false, subtype: undefined }
}

function closing(text: string, start: number, open: string, close: string): number {
  let depth = 1
  let at = start
  while (++at < text.length && depth > 0) {
    if (text[at] === open) depth++
    else if (text[at] === close && --depth === 0) break
  }
  return at
}
