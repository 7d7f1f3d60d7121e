import type { Implementation } from '../callable.ts'
import { Signature } from '../signature.ts'
import type { BuiltIn } from './table.ts'

/** What differs from the usual. */
interface DefineOptions {
  readonly parameters?: number
  readonly isReentrant?: boolean
}

/** Describes a built-in: name, signature, and how many arguments it is called with by others. */
export function define(
  [name, signature, arity]: readonly [name: string, signature: string, arity: number],
  run: Implementation,
  options: DefineOptions = {},
): BuiltIn {
  return {
    name,
    signature: new Signature(signature),
    arity,
    parameters: options.parameters ?? arity,
    isReentrant: options.isReentrant ?? false,
    run,
  }
}
