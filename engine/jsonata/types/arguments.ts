import { arrayOf, MISSING, memberOfKind, membersOf, type Type, union, unionAll, without } from '../../types/index.ts'
import type { Node } from './ast.ts'
import { describe, kindsOf, namesOf, operandText, positionOf } from './describe.ts'
import { type Inference, isExhausted, warn } from './inference.ts'
import { isMarked, isOnly, type Known, known } from './known.ts'
import { type Scope, typeIn } from './scope.ts'
import { type Parameter, unfit } from './signatures.ts'

/** An argument in its place, and its node if it was written there. */
export interface Bound {
  readonly value: Known
  readonly node: Node | undefined
}

/** A call, as far as messages about it need it. */
export interface CallSite {
  readonly inference: Inference
  readonly scope: Scope
  readonly name: string
  readonly usage: string
  readonly position: number | undefined
  /** The nodes of the arguments; one that `~>` hands over has none. */
  readonly nodes: readonly (Node | undefined)[]
}

/**
 * The arguments in the places of the parameters: the context stands in for one that the signature marks so, and a single
 * value becomes an array where one is wanted. What does not fit is reported.
 */
export function bindArguments(site: CallSite, parameters: readonly Parameter[], args: readonly Known[]): Bound[] {
  const taken = matchCounts(site.inference, { parameters, args }, 0, 0)
  if (taken) return placed(site, parameters, { args, taken })
  if (args.length < neededOf(parameters) || args.length > mostOf(parameters)) {
    reportCount(site, parameters, args.length)
    return args.map((value, index) => ({ value, node: site.nodes[index] }))
  }
  return args.map((arg, index) => {
    const [node, parameter] = [site.nodes[index], parameters[index]]
    if (parameter === undefined) return { value: arg, node }
    checkArgument(site, parameter, { arg, index, node })
    return { value: parameter.array ? asArray(arg) : arg, node }
  })
}

/** How many arguments each parameter takes, by the library's rule: as many as fit, fewer if the rest needs them. */
function matchCounts(inference: Inference, given: Given, index: number, next: number): number[] | undefined {
  const { parameters, args } = given
  const parameter = parameters[index]
  inference.steps += 1
  if (parameter === undefined) return next === args.length ? [] : undefined
  const most = parameter.repeated ? args.length - next : 1
  const least = parameter.optional || parameter.context ? 0 : 1
  const fitting = args.slice(next, next + most).findIndex((arg) => isUnfit(parameter, arg.type))
  const available = Math.min(most, args.length - next, fitting === -1 ? most : fitting)
  for (let count = available; count >= least && !isExhausted(inference); count -= 1) {
    const rest = matchCounts(inference, given, index + 1, next + count)
    if (rest) return [count, ...rest]
  }
  return undefined
}

interface Given {
  readonly parameters: readonly Parameter[]
  readonly args: readonly Known[]
}

/** An argument that was left out is missing; the library moves on nevertheless, which only shows before a repeated one. */
function placed(
  site: CallSite,
  parameters: readonly Parameter[],
  { args, taken }: { args: readonly Known[]; taken: readonly number[] },
): Bound[] {
  let next = 0
  return parameters.flatMap((parameter, index) => {
    const count = taken[index] ?? 0
    if (count === 0 && parameter.context)
      return [{ value: contextFor(site, parameters, { index, given: args.length }), node: undefined }]
    const start = next
    next += Math.max(1, count)
    if (count === 0) return [{ value: args[start] ?? known(MISSING), node: undefined }]
    return args.slice(start, start + count).map((arg, offset) => {
      const node = site.nodes[start + offset]
      checkArgument(site, parameter, { arg, index: start + offset, node })
      return { value: parameter.array ? asArray(arg) : arg, node }
    })
  })
}

/** The context in the place of an argument that was left out; where it cannot stand in, the argument is missing. */
function contextFor(site: CallSite, parameters: readonly Parameter[], at: { index: number; given: number }): Known {
  const arg = contextOf(site)
  const parameter = parameters[at.index]
  if (parameter && isMisfit(parameter, arg.type)) reportCount(site, parameters, at.given)
  else if (parameter) checkArgument(site, parameter, { arg, index: at.index, node: undefined })
  return arg
}

function contextOf(site: CallSite): Known {
  const { context } = site.scope
  return { ...context, type: typeIn(site.scope, context), wrapped: false }
}

/** Whether neither a value of the type nor its absence can be passed. */
function isUnfit(parameter: Parameter, type: Type): boolean {
  const members = membersOf(type).length
  return members > 0 && unfit(parameter, type).length === members
}

/** Whether no value of the type can be passed; absence does not count where it is allowed. */
function isMisfit(parameter: Parameter, type: Type): boolean {
  const wrong = unfit(parameter, type)
  const counted = membersOf(type).filter((member) => member.kind !== 'missing' || wrong.includes(member))
  return wrong.length > 0 && wrong.length === counted.length
}

function neededOf(parameters: readonly Parameter[]): number {
  return parameters.filter((parameter) => !parameter.optional).length
}

function mostOf(parameters: readonly Parameter[]): number {
  return parameters.some((parameter) => parameter.repeated) ? Number.POSITIVE_INFINITY : parameters.length
}

function reportCount(site: CallSite, parameters: readonly Parameter[], given: number): void {
  warn(site.inference, 'ARGUMENT_COUNT', site.position, {
    name: `$${site.name}`,
    wanted: countText(neededOf(parameters), mostOf(parameters)),
    found: String(given),
    usage: site.usage,
  })
}

function countText(least: number, most: number): string {
  if (most === 0) return 'no argument'
  const word = least === 1 && most === 1 ? 'argument' : 'arguments'
  if (least === most) return `${least} ${word}`
  return Number.isFinite(most) ? `${least} to ${most} arguments` : `at least ${least} argument`
}

function checkArgument(
  site: CallSite,
  parameter: Parameter,
  at: { arg: Known; index: number; node: Node | undefined },
): void {
  const { type } = at.arg
  const wrong = unionAll(unfit(parameter, type))
  if (wrong.kind === 'never') return
  const { node } = at
  const surely = isMisfit(parameter, type)
  warn(site.inference, surely ? 'WRONG_ARGUMENT' : 'MAYBE_WRONG_ARGUMENT', positionOf(node) ?? site.position, {
    index: String(at.index + 1),
    name: `$${site.name}`,
    found: surely ? operandText(node, type) : foundText(parameter, wrong),
    wanted: wantedText(parameter),
    usage: site.usage,
    hint: hintFor(site, wrong, type),
  })
}

function foundText(parameter: Parameter, wrong: Type): string {
  return parameter.item ? describe(wrong) : kindsOf(wrong)
}

function wantedText(parameter: Parameter): string {
  if (parameter.item) return `an array of ${parameter.item}s`
  return namesOf(parameter.kinds.filter((kind) => kind !== 'bytes'))
}

function hintFor(site: CallSite, wrong: Type, type: Type): string {
  const single = memberOfKind(wrong, 'array') && without(type, 'array', 'missing').kind !== 'never'
  if (single) return 'Take one item with [0], or go over all of them with $map.'
  return isOnly(wrong, 'missing') ? `Write ${site.usage}.` : `Check it first: $type(x) = … ? $${site.name}(x) : ….`
}

/** A value that is no array becomes an array of one; absence stays. */
function asArray(arg: Known): Known {
  const single = without(arg.type, 'array', 'missing')
  if (single.kind === 'never') return arg
  const rest = union(
    ...[memberOfKind(arg.type, 'array'), memberOfKind(arg.type, 'missing')].filter((member) => member !== undefined),
  )
  return {
    ...known(union(rest, arrayOf(single))),
    marked: isMarked(arg),
    ...(arg.function ? { function: arg.function } : {}),
  }
}
