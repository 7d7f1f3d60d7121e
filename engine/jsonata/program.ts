import type { Node } from './ast.ts'
import { CHAIN } from './compile/call.ts'
import { Compiler, rootScope } from './compile/compiler.ts'
import { findFacts } from './compile/facts.ts'
import { Failure, JsonataError, Messages } from './errors.ts'
import { Frame, type Run, Scope } from './frame.ts'
import { type LibraryFunction, libraryFunction, type ParseError, parse, templateOf } from './library.ts'
import type { Limits } from './limits.ts'
import { type Program, State, type World } from './state.ts'

/** A compiled expression. */
export class CompiledExpression implements Program {
  readonly ast: Node
  readonly limits: Limits
  readonly clock: () => number
  readonly observes: boolean
  readonly #messages = new Messages(templateOf)
  readonly #library = new Map<string, LibraryFunction>()
  readonly #compiler: Compiler
  readonly #run: Run
  readonly #frame: () => Frame
  #spare: State | undefined
  #chain: Run | undefined

  constructor(text: string, limits: Limits, clock: () => number) {
    this.limits = limits
    this.clock = clock
    this.ast = this.#parse(text)
    const facts = findFacts(this.ast)
    const mentions = (name: string): boolean => facts.calls.has(name) || facts.values.has(name)
    const dynamic = mentions('eval')
    this.observes = dynamic || mentions('distinct')
    this.#compiler = new Compiler(facts, dynamic, new Set())
    const scope = rootScope(this.ast)
    this.#run = this.#compiler.compile(this.ast, scope)
    this.#frame = dynamic
      ? () => new Frame(undefined, [], Object.create(null))
      : () => new Frame(undefined, scope.unbound())
  }

  /** Runs the expression; throws JsonataError. */
  evaluate(input: unknown, world: World | undefined): unknown {
    const state = this.#spare ?? new State(this)
    this.#spare = undefined
    state.begin(input, world)
    try {
      return this.#run(Array.isArray(input) ? state.wrap(input) : input, this.#frame(), state)
    } catch (error) {
      throw this.#toError(error)
    } finally {
      state.end()
      this.#spare = state
    }
  }

  chain(): Run {
    this.#chain ??= this.#compiler.compile(parse(CHAIN), new Scope(undefined, []))
    return this.#chain
  }

  compileText(text: string): Run {
    let ast: Node
    try {
      ast = parse(text)
    } catch (error) {
      if (error instanceof RangeError) throw new Failure('D1011', { value: this.limits.depth })
      const { message } = error as ParseError // whatever the parser throws has one
      throw new Failure('D3120', { value: message, cause: error })
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

  #parse(text: string): Node {
    try {
      return parse(text)
    } catch (error) {
      throw this.#toError(toParseFailure(error))
    }
  }

  #toError(error: unknown): unknown {
    if (error instanceof Failure) return this.#messages.toError(error)
    if (error instanceof JsonataError) return error
    if (error instanceof RangeError)
      return this.#messages.toError(new Failure('D1011', { value: this.limits.depth, cause: error }))
    return error
  }
}

function toParseFailure(error: unknown): unknown {
  const { code, position, token, value, message } = error as ParseError // whatever the parser throws has a message
  if (error instanceof RangeError) return error
  if (typeof code !== 'string') return new Failure('X1003', { message: String(message), cause: error })
  return new Failure(code, { position, token, value, cause: error })
}
