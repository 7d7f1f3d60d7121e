import { type Problem, problem, warning } from '../errors.ts'
import { pathSteps } from '../jsonata/index.ts'
import type { AnyNodeSpec, Port } from '../spec/spec.ts'
import { parseConfig } from './config-cache.ts'
import type { Placed } from './document.ts'
import { type FieldSchema, fieldAt, fieldSchema } from './fieldschema.ts'
import { problemsOfIssues } from './issues.ts'
import { flowLimits } from './limits.ts'
import { brokersOf } from './memory.ts'
import type { CheckContext, NodeEntry } from './model.ts'
import { type Path, pathText } from './path.ts'
import { secretsIn, secretVariable } from './secrets.ts'
import { listed, shortText, suggester } from './words.ts'

/** A node after its own check. */
export interface CheckedNode {
  readonly index: number
  readonly entry: NodeEntry
  /** Undefined when there is no such node type. */
  readonly spec: AnyNodeSpec | undefined
  /** As the spec's schema gave it; undefined when the config is wrong. */
  readonly config: unknown
  /** Undefined when they depend on a config that is wrong, or the type is not known. */
  readonly inputs: Readonly<Record<string, Port>> | undefined
  /** With the port `error`. */
  readonly outputs: Readonly<Record<string, Port>> | undefined
  /** Whether the plan holds it: its type is known and it is not disabled. */
  readonly runs: boolean
  readonly problems: Problem[]
}

/** The output that every node has: messages that it could not work with, and why. Its type is that of what came in. */
export const errorPort: Port = {
  type: 'any',
  summary: 'Messages that failed here, with the reason in "error"',
  later: false,
}

/**
 * Checks one node by its node type: config, secrets, broker names. What is wrong in a disabled node is a warning.
 *
 * @param schemaOf the schema of a node type's config; one that remembers is faster where many nodes are wrong
 */
export function checkNode(
  { index, entry }: Placed<NodeEntry>,
  context: CheckContext,
  schemaOf: (spec: AnyNodeSpec) => FieldSchema = ({ config }) => fieldSchema(config),
): CheckedNode {
  const place = { node: entry.id, at: `nodes[${index}].type` }
  const spec = context.specs.get(entry.type)
  if (spec === undefined) {
    const values = { type: shortText(entry.type), suggestion: suggester(context.specs.keys())(entry.type) }
    const problems = [warning('UNKNOWN_NODE_TYPE', values, place)]
    return { index, entry, spec, config: undefined, inputs: undefined, outputs: undefined, runs: false, problems }
  }
  const { config, problems } = readConfig(entry, spec, { context, schemaOf, base: ['nodes', index, 'config'] })
  const runs = entry.disabled !== true
  return {
    index,
    entry,
    spec,
    config,
    inputs: portsOf(spec.inputs, config),
    outputs: withError(portsOf(spec.outputs, config)),
    runs,
    problems: runs ? problems : problems.map((found) => ({ ...found, severity: 'warning' })),
  }
}

/** The ports of a node; undefined when they depend on a config that is not there. */
export function portsOf(ports: AnyNodeSpec['inputs'], config: unknown): Readonly<Record<string, Port>> | undefined {
  if (typeof ports !== 'function') return ports
  return config === undefined ? undefined : ports(config)
}

function withError(outputs: Readonly<Record<string, Port>> | undefined): Readonly<Record<string, Port>> | undefined {
  return outputs === undefined ? undefined : { ...outputs, error: outputs.error ?? errorPort }
}

interface Where {
  context: CheckContext
  schemaOf: (spec: AnyNodeSpec) => FieldSchema
  base: Path
}

function readConfig(entry: NodeEntry, spec: AnyNodeSpec, where: Where): { config: unknown; problems: Problem[] } {
  const place = { node: entry.id }
  const { base } = where
  const text = JSON.stringify(entry.config)
  const secrets = text.includes('"$secret"') ? secretProblems(entry, where) : []
  const tooLong = overLimit(text) === undefined ? [] : longExpressions(entry, spec, where)
  if (tooLong.length > 0) return { config: undefined, problems: [...tooLong, ...secrets] }
  const parsed = (where.context.memory?.parse ?? parseConfig)(spec, entry.config, text)
  if (parsed.success) {
    return { config: parsed.data, problems: [...secrets, ...brokerProblems(parsed.data, entry, spec, where)] }
  }
  const schema = where.schemaOf(spec)
  const problems = problemsOfIssues(parsed.error.issues, { root: entry.config, schema, base, place })
  return { config: undefined, problems: [...problems, ...secrets] }
}

/** Expressions that are too long are not compiled at all. */
function longExpressions(entry: NodeEntry, spec: AnyNodeSpec, { base, schemaOf }: Where): Problem[] {
  const long = longTexts(entry.config, [])
  if (long.length === 0) return []
  const schema = schemaOf(spec)
  return long.flatMap(({ path, values }) => {
    if (fieldAt(schema, path)?.format !== 'jsonata') return []
    return [problem('TOO_LARGE', values, { node: entry.id, at: pathText([...base, ...path]) })]
  })
}

function longTexts(value: unknown, path: Path): { path: Path; values: Found }[] {
  if (typeof value === 'string') {
    const values = overLimit(value)
    return values === undefined ? [] : [{ path, values }]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) =>
    longTexts(item, [...path, Array.isArray(value) ? Number(name) : name]),
  )
}

type Found = Readonly<Record<'what' | 'found' | 'limit', string>>

/** What is too much of a text, if it is an expression. */
function overLimit(text: string): Found | undefined {
  const { expressionLength, pathSteps: most } = flowLimits
  if (text.length > expressionLength) {
    return { what: 'The expression', found: `${text.length} characters`, limit: `${expressionLength}` }
  }
  const steps = text.length > most ? pathSteps(text) : 0
  if (steps <= most) return undefined
  return { what: 'The paths of the expression', found: `${steps} steps`, limit: `${most}` }
}

function secretProblems(entry: NodeEntry, { context, base }: Where): Problem[] {
  const { secrets } = context
  if (secrets === undefined) return []
  return secretsIn(entry.config).flatMap(({ name, path }) => {
    const place = { node: entry.id, at: pathText([...base, ...path]) }
    const fault = context.secretFault?.(name)
    if (fault !== undefined) return [warning('SECRET_LOCKED', { name: shortText(name), detail: fault }, place)]
    if (secrets(name) !== undefined) return []
    return [problem('SECRET_UNKNOWN', { name: shortText(name), variable: shortText(secretVariable(name), 100) }, place)]
  })
}

function brokerProblems(config: unknown, entry: NodeEntry, spec: AnyNodeSpec, { context, base }: Where): Problem[] {
  const { connections } = context
  if (connections === undefined) return []
  const names = context.memory?.brokers(spec, config) ?? brokersOf(spec, config)
  return names.flatMap((name) => {
    if (connections.includes(name)) return []
    const values = { name: shortText(name), suggestion: suggester(connections)(name), names: listed(connections) }
    return [problem('BROKER_UNKNOWN', values, { node: entry.id, at: pathText([...base, 'broker']) })]
  })
}
