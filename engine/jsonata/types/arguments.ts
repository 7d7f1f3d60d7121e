import { arrayOf, memberOfKind, membersOf, type Type, union, unionAll, without } from '../../types/index.ts'
import type { Node } from './ast.ts'
import { describe, kindsOf, namesOf, operandText } from './describe.ts'
import { type Inference, warn } from './inference.ts'
import { isOnly, type Known, known } from './known.ts'
import { type Scope, typeIn } from './scope.ts'
import { type Parameter, unfit } from './signatures.ts'

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
 * The arguments in the places of the parameters: the context stands in for the first where the signature says so, and a
 * single value becomes an array where one is wanted. What does not fit is reported.
 */
export function bindArguments(site: CallSite, parameters: readonly Parameter[], args: readonly Known[]): Known[] {
  const placed = withContext(site, parameters, args)
  checkCount(site, parameters, { given: args.length, placed: placed.length })
  return placed.map((arg, index) => {
    const parameter = parameters[index] ?? (parameters.at(-1)?.repeated ? parameters.at(-1) : undefined)
    if (parameter === undefined) return arg
    checkArgument(site, parameter, { arg, index, shift: placed.length - args.length })
    return parameter.array ? asArray(arg) : arg
  })
}

function withContext(site: CallSite, parameters: readonly Parameter[], args: readonly Known[]): Known[] {
  const [first] = parameters
  if (!first?.context) return [...args]
  const needed = parameters.filter((parameter) => !parameter.optional).length
  const firstArg = args[0]
  const misfit = firstArg !== undefined && isMisfit(first, firstArg.type)
  const rest = parameters.slice(1)
  const shifted =
    misfit && args.length <= rest.length && args.every((arg, index) => rest[index] && !isMisfit(rest[index], arg.type))
  if (args.length >= needed && !shifted) return [...args]
  const { context } = site.scope
  return [{ ...context, type: typeIn(site.scope, context), wrapped: false }, ...args]
}

/** Whether no value of the type can be passed; absence does not count where it is allowed. */
function isMisfit(parameter: Parameter, type: Type): boolean {
  const wrong = unfit(parameter, type)
  const counted = membersOf(type).filter((member) => member.kind !== 'missing' || wrong.includes(member))
  return wrong.length > 0 && wrong.length === counted.length
}

function checkCount(site: CallSite, parameters: readonly Parameter[], count: { given: number; placed: number }): void {
  const needed = parameters.filter((parameter) => !parameter.optional).length
  const most = parameters.some((parameter) => parameter.repeated) ? Number.POSITIVE_INFINITY : parameters.length
  if (count.placed >= needed && count.placed <= most) return
  const least = parameters[0]?.context ? needed - 1 : needed
  warn(site.inference, 'ARGUMENT_COUNT', site.position, {
    name: `$${site.name}`,
    wanted: countText(least, most),
    found: String(count.given),
    usage: site.usage,
  })
}

function countText(least: number, most: number): string {
  if (most === 0) return 'no argument'
  const word = least === 1 && most === 1 ? 'argument' : 'arguments'
  if (least === most) return `${least} ${word}`
  return Number.isFinite(most) ? `${least} to ${most} arguments` : `at least ${least} argument`
}

function checkArgument(site: CallSite, parameter: Parameter, at: { arg: Known; index: number; shift: number }): void {
  const { type } = at.arg
  const wrong = unionAll(unfit(parameter, type))
  if (wrong.kind === 'never') return
  const surely = isMisfit(parameter, type)
  const node = site.nodes[at.index - at.shift]
  warn(site.inference, surely ? 'WRONG_ARGUMENT' : 'MAYBE_WRONG_ARGUMENT', node?.position ?? site.position, {
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
    kept: arg.kept === true,
    ...(arg.function ? { function: arg.function } : {}),
  }
}
