import { z } from 'zod'
import { type Compiled, compile, JsonataError } from '../jsonata/index.ts'
import type { Message } from './message.ts'
import { topicFilterFault } from './topics.ts'

export { topicFilterFault }

/**
 * A JSONata expression in a node's config, compiled once when the config is read. Nodes get it bound to the engine's clock,
 * randomness and limits: as a function of the message (see {@link Bound}).
 */
export class Expression {
  readonly text: string
  readonly compiled: Compiled
  /** What it must give. */
  readonly result: ResultKind
  /** Names that the node binds when it calls it, without `$`. */
  readonly variables: readonly string[]

  constructor(text: string, compiled: Compiled, options: ExpressionOptions = {}) {
    this.text = text
    this.compiled = compiled
    this.result = options.result ?? 'any'
    this.variables = options.variables ?? []
  }
}

/** An expression as a node calls it. Throws EXPRESSION_FAILED; undefined when it has no answer. */
export interface Evaluate {
  (message: Message, bindings?: Readonly<Record<string, unknown>>): unknown
  /** As it is written in the flow, for errors. */
  readonly text: string
}

/** A config as a node sees it: every {@link Expression} in it has become a function. A secret stays a reference: only what sends it gets its value. */
export type Bound<Config> = Config extends Expression
  ? Evaluate
  : Config extends SecretReference
    ? SecretReference
    : Config extends (infer Item)[]
      ? Bound<Item>[]
      : Config extends object
        ? { [Field in keyof Config]: Bound<Config[Field]> }
        : Config

/** What kind of value an expression must give; checked against its inferred type at deploy. */
export type ResultKind = 'any' | 'boolean' | 'number' | 'string' | 'object' | 'array'

export interface ExpressionOptions {
  result?: ResultKind
  variables?: readonly string[]
}

/**
 * A config field that holds a JSONata expression.
 *
 * @param variables names that the node binds when it calls it, without `$`
 */
export function expression(result: ResultKind = 'any', variables: readonly string[] = []) {
  return z
    .string()
    .min(1)
    .transform((text, context) => {
      try {
        return new Expression(text, compile(text), { result, variables })
      } catch (thrown) {
        if (!(thrown instanceof JsonataError)) throw thrown
        context.addIssue({
          code: 'custom',
          message: thrown.message,
          params: { problem: 'EXPRESSION_SYNTAX', expression: text, position: thrown.position ?? 0 },
        })
        return z.NEVER
      }
    })
    .meta({ format: 'jsonata', result, ...(variables.length === 0 ? {} : { variables }) })
}

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const durationShape = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+$/

/** Milliseconds of a text such as `500ms`, `5m` or `1h30m`; undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!durationShape.test(text)) return undefined
  let total = 0
  for (const part of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g))
    total += Number(part[1]) * (durationUnits[part[2] ?? ''] ?? 0)
  return Math.round(total)
}

/** Ten thousand years, milliseconds: what ends later is beyond the calendar. */
const longestDuration = 3_652_500 * 86_400_000

/** A config field that holds a duration: text in files, milliseconds for the node. */
export function duration() {
  return z
    .string()
    .transform((text, context) => {
      const milliseconds = parseDuration(text)
      if (milliseconds !== undefined && milliseconds <= longestDuration) return milliseconds
      const message =
        milliseconds === undefined
          ? `"${text}" is not a duration; write a number and a unit, such as 500ms, 30s, 5m, 1h30m or 7d`
          : `"${text}" is longer than 10000 years; write a shorter time`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })
    .meta({ format: 'duration', pattern: durationShape.source })
}

/** A config field that holds a topic filter; `{name}` stands for one level and gives `params.name`. Its own check is {@link topicFilterFault}. */
export function topicFilter() {
  return z
    .string()
    .superRefine((text, context) => {
      const fault = topicFilterFault(text)
      if (fault !== undefined)
        context.addIssue({
          code: 'custom',
          message: fault,
          params: { problem: 'TOPIC_FILTER', filter: text, detail: fault },
        })
    })
    .meta({ format: 'topic-filter' })
}

/** What names a secret: `{ "$secret": "name" }`, in files and for nodes. Its value is known to what sends it, and to nobody else. */
export interface SecretReference {
  readonly $secret: string
}

/** A config field that names a secret and takes no other text. */
export function secretReference() {
  return z
    .union([z.string(), z.strictObject({ $secret: z.string().min(1) })])
    .transform((value, context): SecretReference => {
      if (typeof value !== 'string') return value
      context.addIssue({
        code: 'custom',
        message: 'a secret does not stand in a flow; name it with { "$secret": "name" }, and set its variable',
      })
      return z.NEVER
    })
    .meta({ format: 'secret' })
}

/** Text, or a reference to a secret, to be handed on in an effect. */
export function textOrSecret() {
  return z.union([z.string(), z.strictObject({ $secret: z.string().min(1) })]).meta({ format: 'secret' })
}
