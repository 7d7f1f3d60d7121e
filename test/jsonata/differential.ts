import { existsSync, readFileSync } from 'node:fs'
import { compile, JsonataError } from '../../engine/jsonata/index.ts'
import { randomData, randomInput, Writer } from './generate.ts'
import { Random } from './random.ts'
import { NOW, type Reference } from './reference.ts'

/** One comparison: an expression and what it is evaluated on. */
export interface Comparison {
  readonly seed: number
  readonly text: string
  readonly input: unknown
  readonly bindings: Record<string, unknown> | undefined
}

/** What an evaluation came to. */
export type Outcome =
  | { readonly value: unknown }
  | { readonly code: string | undefined; readonly position: unknown; readonly token: unknown; readonly message: string }

/** A comparison that came out differently. */
export interface Disagreement extends Comparison {
  readonly ours: Outcome
  readonly theirs: Outcome
}

const suite = new URL('../../../shared/conformance/jsonata/', import.meta.url)

/** Expressions and data of the official suite, when it lies beside the repository. */
interface Suite {
  readonly texts: readonly string[]
  readonly inputs: readonly unknown[]
}

/** Reads the suite; empty when it is not there. */
export function readSuite(): Suite {
  if (!existsSync(suite)) return { texts: [], inputs: [] }
  const cases = JSON.parse(readFileSync(new URL('cases.json', suite), 'utf8')) as {
    expr: string
    data?: unknown
    timelimit?: number
  }[]
  const datasets = JSON.parse(readFileSync(new URL('datasets.json', suite), 'utf8')) as Record<string, unknown>
  const usable = cases.filter((one) => one.timelimit === undefined && !/\$(random|shuffle)\b/.test(one.expr))
  return {
    texts: usable.map((one) => one.expr),
    inputs: [...Object.values(datasets), ...usable.flatMap((one) => (one.data === undefined ? [] : [one.data]))],
  }
}

/** The comparison of a seed: a random expression, or one of the suite on data that it was not written for. */
export function comparisonOf(seed: number, { texts, inputs }: Suite): Comparison {
  const random = new Random(seed)
  if (texts.length > 0 && random.chance(0.3)) {
    return {
      seed,
      text: random.pick(texts),
      input: random.chance(0.5) ? random.pick(inputs) : randomInput(random),
      bindings: undefined,
    }
  }
  const input = inputs.length > 0 && random.chance(0.1) ? random.pick(inputs) : randomInput(random)
  const bindings = random.chance(0.2) ? { k: randomData(random, 2), l: randomData(random, 2) } : undefined
  return {
    seed,
    text: new Writer(random, Object.keys(bindings ?? {})).expression(1 + random.below(4)),
    input,
    bindings,
  }
}

/** Runs both; undefined when they agree, or when one of them ran into a limit. */
export async function compare(comparison: Comparison, reference: Reference): Promise<Disagreement | undefined> {
  const { text, input, bindings } = comparison
  if (losesRegex(text)) return undefined
  const before = JSON.stringify(input)
  const ours = ourOutcome(text, input, bindings)
  if (JSON.stringify(input) !== before) throw new Error(`seed ${comparison.seed}: ${text} has changed its input`)
  const theirs = await reference.evaluate(text, input, bindings).then(
    (value) => ({ value }),
    (error) => toOutcome(error),
  )
  return agree(ours, theirs) ? undefined : { ...comparison, ours, theirs }
}

/** The parser copies the left side of `?:` and `??` as JSON, so the library tests another regular expression there. */
function losesRegex(text: string): boolean {
  return /\?[?:]/.test(text) && /\/[^/]+\//.test(text)
}

function ourOutcome(text: string, input: unknown, bindings: Record<string, unknown> | undefined): Outcome {
  try {
    const value = compile(text, { limits: { milliseconds: 5000 } }).evaluate(input, bindings, { now: () => NOW })
    structuredClone(value)
    return { value }
  } catch (error) {
    if (!(error instanceof JsonataError) || error.code === 'X1000') {
      throw new Error(`${text} throws what is no JsonataError`, { cause: error })
    }
    return toOutcome(error)
  }
}

function toOutcome(error: unknown): Outcome {
  const { code, position, token, message } = error as Record<string, unknown> // an error of either
  return { code: typeof code === 'string' ? code : undefined, position, token, message: String(message) }
}

const limits: ReadonlySet<string | undefined> = new Set(['D1011', 'D1012', 'D2015', 'L1001', 'L1002', 'L1003', 'L1004'])

/**
 * True when both say the same. Where the library fails with an error of JavaScript, anything is better; where no
 * signature has checked the arguments it converts them in the way of JavaScript, and we say X1001. Long values are cut
 * in our texts.
 */
export function agree(ours: Outcome, theirs: Outcome): boolean {
  if ('message' in ours && (limits.has(ours.code) || /The function cannot work on/.test(ours.message))) return true
  if ('message' in theirs) {
    if (theirs.code === undefined || limits.has(theirs.code)) return true
    // Made while it runs, from the parameters of a built-in with a default.
    if (theirs.code === 'S0208' && !('message' in ours && ours.code?.startsWith('S'))) return true
    if (/^Dynamic error .*"(?:Cannot |\w+(?:\.\w+)* is not )/.test(theirs.message)) return true
    if (!('message' in ours)) return false
    return (
      ours.code === theirs.code &&
      ours.position === theirs.position &&
      same(ours.token, theirs.token) &&
      (ours.message === theirs.message || /(?:\{\.\.\.\}|\[\.\.\.\]|\.\.\.")/.test(ours.message))
    )
  }
  return 'value' in ours && same(ours.value, plain(theirs.value))
}

/** A value without functions, as we give it. */
function plain(value: unknown): unknown {
  if (isFunction(value)) return undefined
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Array.from(value, (item) => (isFunction(item) ? null : plain(item)))
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (isFunction(item) ? [] : [[key, plain(item)]])),
  )
}

function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true
  return typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value)
}

function same(left: unknown, right: unknown): boolean {
  if (Object.is(left, right) || left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const names = Object.keys(left)
  if (names.length !== Object.keys(right).length) return false
  return names.every((name) => Object.hasOwn(right, name) && same(Reflect.get(left, name), Reflect.get(right, name)))
}

/** A disagreement as people read it. */
export function describe({ seed, text, input, bindings, ours, theirs }: Disagreement): string {
  return [
    `seed ${seed}: ${text}`,
    `  input  ${JSON.stringify(input)} ${bindings === undefined ? '' : JSON.stringify(bindings)}`,
    `  ours   ${JSON.stringify(ours)}`,
    `  theirs ${JSON.stringify(theirs)}`,
  ].join('\n')
}
