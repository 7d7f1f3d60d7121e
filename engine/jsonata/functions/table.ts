import type { Implementation } from '../callable.ts'
import type { Signature } from '../signature.ts'
import { arrayFunctions } from './arrays.ts'
import { dateFunctions } from './dates.ts'
import { higherFunctions } from './higher.ts'
import { numberFunctions } from './numbers.ts'
import { objectFunctions } from './objects.ts'
import { patternFunctions } from './patterns.ts'
import { stringFunctions } from './strings.ts'

/** A built-in function. */
export interface BuiltIn {
  readonly name: string
  readonly signature: Signature
  /** Arguments that a higher-order function hands over. */
  readonly arity: number
  /** Parameters for partial application, where they are not as many as the arity. */
  readonly parameters: number
  /** It calls functions, so it can be running twice. */
  readonly isReentrant: boolean
  readonly run: Implementation
}

/** All built-ins by name, without the `$`. */
export const builtIns: ReadonlyMap<string, BuiltIn> = new Map(
  [
    stringFunctions,
    patternFunctions,
    numberFunctions,
    arrayFunctions,
    objectFunctions,
    higherFunctions,
    dateFunctions,
  ].flatMap((group) => group.map((one) => [one.name, one])),
)
