import { Failure } from './errors.ts'

/** Steps of paths that the parser is given: some 100 ms of it. */
const MANY = 4000

/**
 * Throws L1006 for a text that keeps the parser busy for seconds: for each step of a path it looks at the whole path again, so its time
 * goes with the square of the steps.
 */
export function checkLongPaths(text: string): void {
  if (pathSteps(text) > MANY) throw new Failure('L1006', { value: MANY })
}

/**
 * The steps of all paths in a text, and never fewer: every point counts that is not in the middle of a number. Those in texts count too,
 * because where a text ends cannot be told without parsing.
 */
export function pathSteps(text: string): number {
  let steps = 0
  for (let at = text.indexOf('.'); at >= 0; at = text.indexOf('.', at + 1)) {
    if (!(isDigit(text.charCodeAt(at - 1)) && isDigit(text.charCodeAt(at + 1)))) steps++
  }
  return steps
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}
