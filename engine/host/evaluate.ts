import { reasonOf } from '../errors.ts'
import { type Compiled, compile, type Environment, JsonataError, type Limits } from '../jsonata/index.ts'
import { inferType } from '../jsonata/types/index.ts'
import type { EvaluateAnswer } from '../server/protocol.ts'
import { printType, typeOfValue } from '../types/index.ts'
import { Shown } from './shown.ts'

/** Characters of the result that are shown. */
const shownText = 4000

/** Evaluates one expression on a message, with the engine's limits. */
export function evaluateOnce(
  expression: string,
  message: unknown,
  { environment, limits }: { environment: Environment; limits: Partial<Limits> | undefined },
): EvaluateAnswer {
  let compiled: Compiled
  try {
    compiled = compile(expression, limits === undefined ? {} : { limits })
  } catch (thrown) {
    return failure(thrown)
  }
  const { type } = inferType(compiled.ast, typeOfValue(message))
  const inferred = { type, typeText: printType(type) }
  try {
    const value = compiled.evaluate(message, undefined, environment)
    return { ...inferred, ...(value === undefined ? {} : { value: new Shown(shownText).value(value) }) }
  } catch (thrown) {
    return { ...inferred, ...failure(thrown) }
  }
}

/** Throws what is no fault of the expression. */
function failure(thrown: unknown): EvaluateAnswer {
  if (!(thrown instanceof JsonataError)) throw thrown
  const { position } = thrown
  return { error: { text: reasonOf(thrown), ...(position === undefined ? {} : { position }) } }
}
