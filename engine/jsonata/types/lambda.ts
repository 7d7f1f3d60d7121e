import { MISSING, NEVER, sameType, union } from '../../types/index.ts'
import { type ActiveCall, type Inference, newFrame } from './inference.ts'
import { eitherOf, type FunctionValue, type Known, known, TOP } from './known.ts'

/** Rounds after which a recursive function is taken for any value. */
const maxRounds = 6

/** A call needs more of the stack than other nodes, so it counts for more levels. */
const callDepth = 3

type Lambda = Extract<FunctionValue, { kind: 'lambda' }>

/**
 * What a lambda gives for these arguments. A recursive call gives what is known so far; the body is inferred again until
 * that does not grow any more, or taken for any value.
 */
export function callLambda(inference: Inference, lambda: Lambda, args: readonly Known[]): Known {
  const made = inference.lambdas.get(lambda.node)
  if (made) made.called = true
  const active = inference.calls.get(lambda.node)
  if (active) return recursive(active, args)
  const entry: ActiveCall = { args, result: NEVER, sequence: false, used: false, grown: false }
  inference.calls.set(lambda.node, entry)
  inference.depth += callDepth
  const result = settle(inference, lambda, entry)
  inference.depth -= callDepth
  inference.calls.delete(lambda.node)
  return result
}

function settle(inference: Inference, lambda: Lambda, entry: ActiveCall): Known {
  for (let round = 0; round < maxRounds; round += 1) {
    entry.grown = false
    const result = runBody(inference, lambda, entry.args)
    if (!entry.used) return result
    const type = union(entry.result, result.type)
    entry.sequence ||= result.sequence === true
    if (!entry.grown && sameType(type, entry.result)) return { ...known(type), marked: true, sequence: entry.sequence }
    entry.result = type
  }
  return known(TOP)
}

function recursive(active: ActiveCall, args: readonly Known[]): Known {
  active.used = true
  const joined = joinArguments(active.args, args)
  if (joined.some((arg, index) => arg !== active.args[index])) {
    active.args = joined
    active.grown = true
  }
  return { ...known(active.result), marked: true, sequence: active.sequence }
}

/** Arguments that hold both; the same objects where nothing is added. A function that differs is no longer known. */
function joinArguments(before: readonly Known[], now: readonly Known[]): Known[] {
  const length = Math.max(before.length, now.length)
  return Array.from({ length }, (_, index) => {
    const [old, fresh] = [before[index] ?? known(MISSING), now[index] ?? known(MISSING)]
    const joined = eitherOf(old, fresh)
    const same = sameType(joined.type, old.type) && (old.function === undefined || old.function === fresh.function)
    return same ? old : joined
  })
}

function runBody(inference: Inference, { node, scope }: Lambda, args: readonly Known[]): Known {
  if (node.body === undefined) return known(TOP)
  const frame = newFrame(inference, scope.frame)
  for (const [index, parameter] of (node.arguments ?? []).entries()) {
    frame.variables.set(String(parameter.value), args[index] ?? known(MISSING))
  }
  return inference.infer(node.body, { ...scope, frame })
}
