import type { Node } from './ast.ts'
import { CHAIN } from './compile/call.ts'
import { Compiler, rootScope } from './compile/compiler.ts'
import { type Facts, findFacts } from './compile/facts.ts'
import { isIntricate } from './compile/intricacy.ts'
import { checkDoubling } from './doubling.ts'
import { Failure, type JsonataError, Messages } from './errors.ts'
import { Frame, type Run, Scope } from './frame.ts'
import { builtIns } from './functions/table.ts'
import { type LibraryFunction, libraryFunction, type ParseError, parse, templateOf } from './library.ts'
import type { Limits } from './limits.ts'
import { checkLongPaths } from './long-paths.ts'
import { cleaned } from './result.ts'
import { isStackOverflow, type Program, State, type World } from './state.ts'

/** The functions of an expression, for one set of built-ins that the bindings replace. */
interface Variant {
  readonly compiler: Compiler
  readonly run: Run
  readonly frame: () => Frame
}

/** Sets of replaced built-ins that are remembered for an expression. */
const VARIANTS = 16

/** A compiled expression. */
export class CompiledExpression implements Program {
  readonly ast: Node
  readonly limits: Limits
  readonly clock: () => number
  readonly observes: boolean
  readonly #messages = new Messages(templateOf)
  readonly #library = new Map<string, LibraryFunction>()
  readonly #facts: Facts
  readonly #isDynamic: boolean
  readonly #isIntricate: boolean
  readonly #usual: Variant
  readonly #variants = new Map<string, Variant>()
  #spare: State | undefined
  #chain: Run | undefined

  constructor(text: string, limits: Limits, clock: () => number) {
    this.limits = limits
    this.clock = clock
    try {
      this.ast = parseText(text)
      this.#facts = findFacts(this.ast)
      this.#isDynamic = this.#mentions('eval')
      this.observes = this.#isDynamic || this.#mentions('distinct')
      this.#isIntricate = isIntricate(this.ast)
      this.#usual = this.#compile([])
    } catch (error) {
      throw this.#toError(error)
    }
  }

  /** Runs the expression; throws JsonataError. */
  evaluate(input: unknown, world: World | undefined): unknown {
    const state = this.#spare ?? new State(this)
    this.#spare = undefined
    const variant = world?.bindings === undefined ? this.#usual : this.#variant(world.bindings)
    state.begin(input, world)
    try {
      const result = variant.run(Array.isArray(input) ? state.wrap(input) : input, variant.frame(), state)
      if (typeof result !== 'object' || result === null) return typeof result === 'function' ? undefined : result
      return this.#isIntricate || variant !== this.#usual ? cleaned(result, state) : result
    } catch (error) {
      throw this.#toError(error)
    } finally {
      state.end()
      this.#spare = state
    }
  }

  #mentions(name: string): boolean {
    return this.#facts.calls.has(name) || this.#facts.values.has(name)
  }

  #compile(replaced: readonly string[]): Variant {
    const compiler = new Compiler(this.#facts, this.#isDynamic, new Set(replaced))
    const scope = rootScope(this.ast)
    const run = compiler.compile(this.ast, scope)
    if (this.#isDynamic) return { compiler, run, frame: () => new Frame(undefined, [], Object.create(null)) }
    const shared = new Frame(undefined, [])
    return { compiler, run, frame: scope.slots.size === 0 ? () => shared : () => new Frame(undefined, scope.unbound()) }
  }

  /** The variant in which what the bindings replace is no built-in. */
  #variant(bindings: Readonly<Record<string, unknown>>): Variant {
    const replaced = Object.keys(bindings).filter((name) => builtIns.has(name) && this.#mentions(name))
    if (replaced.length === 0) return this.#usual
    const key = replaced.sort().join()
    const variant = this.#variants.get(key) ?? this.#compile(replaced)
    if (this.#variants.size < VARIANTS) this.#variants.set(key, variant)
    return variant
  }

  chain(): Run {
    this.#chain ??= this.#usual.compiler.compile(parse(CHAIN), new Scope(undefined, []))
    return this.#chain
  }

  compileText(text: string): Run {
    let ast: Node
    try {
      ast = parseText(text)
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'L1003' || error.code === 'L1006') throw error
      throw new Failure('D3120', { value: this.word(error), cause: error })
    }
    return new Compiler(findFacts(ast), true, new Set()).compile(ast, rootScope(ast))
  }

  word(failure: Failure): string {
    return this.#messages.of(failure)
  }

  callLibrary(name: string, timestamp: number, args: readonly unknown[]): unknown {
    const fn = this.#library.get(name) ?? libraryFunction(name)
    this.#library.set(name, fn)
    return fn.apply({ environment: { timestamp: new Date(timestamp) } }, [...args])
  }

  #toError(error: unknown): JsonataError {
    if (error instanceof Failure) return this.#messages.toError(error)
    if (isStackOverflow(error)) return this.#messages.toError(new Failure('D1011', { value: this.limits.depth }))
    const message = error instanceof Error ? error.message : String(error)
    return this.#messages.toError(new Failure('X1000', { message, cause: error }))
  }
}

/** The tree of an expression; throws a failure, or a full stack. */
function parseText(text: string): Node {
  checkDoubling(text)
  checkLongPaths(text)
  try {
    return parse(text)
  } catch (error) {
    if (isStackOverflow(error)) throw error
    const { code, position, token, value, message } = error as ParseError // whatever the parser throws has a message
    if (typeof code !== 'string') throw new Failure('X1003', { message: String(message), cause: error })
    throw new Failure(code, { position, token, value, cause: error })
  }
}
