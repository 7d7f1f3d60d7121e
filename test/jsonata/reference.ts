import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { runInThisContext } from 'node:vm'
import type jsonata from 'jsonata'
import { builtIns } from '../../engine/jsonata/functions/table.ts'

/**
 * The library as the reference of differential tests, with changes that engine/jsonata/SPEC.md gives reasons for. It
 * evaluates the parts of array and object constructors at the same time and reports the error that happens to come
 * first; here they come one after another. An object constructor on an empty array writes into that array, and `*` on a
 * sequence finds the marks of the sequence among the items; here they do not. Its built-ins remember who called them
 * last, in any expression; here they forget before each evaluation. And its clock stands still.
 */
export class Reference {
  readonly #jsonata: typeof jsonata
  readonly #functions: Record<string, unknown>[] = []

  constructor() {
    this.#jsonata = load()
    const probe = this.#jsonata('1')
    const hook = (_node: unknown, _input: unknown, environment: jsonata.Environment): void => {
      for (const name of builtIns.keys()) this.#functions.push(environment.lookup(name))
    }
    // The type does not know that names of hooks are symbols.
    probe.assign(Symbol.for('jsonata.__evaluate_entry') as unknown as string, hook)
    void probe.evaluate(undefined)
  }

  /** Evaluates copies of the input and the bindings; throws what the library throws. */
  async evaluate(text: string, input: unknown, bindings?: Record<string, unknown>): Promise<unknown> {
    for (const one of this.#functions) {
      delete one.token
      delete one.position
    }
    return this.#jsonata(text, { stack: 400, timeout: 3000 }).evaluate(
      structuredClone(input),
      structuredClone(bindings),
    )
  }
}

/** Where `*` goes through the keys of its input. */
const marked = /utils\.keys\(input\)(\.forEach\(function \(key\) \{\s*var value = input\[key\];)/

/** Where an object constructor meets an empty array, it writes into it, be it the input. */
const written = 'input.push(undefined);'

/** The time of all evaluations, UTC milliseconds. */
export const NOW = 1_700_000_000_000

const together = /Promise\.all\(([\w.()]+)\s*\.map\(async \((\w+), idx\) => \{/g

function load(): typeof jsonata {
  const file = createRequire(import.meta.url).resolve('jsonata')
  const source = readFileSync(file, 'utf8')
  if (source.match(together)?.length !== 2) throw new Error('the library is not the version that this was written for')
  if (!source.includes(written)) throw new Error('the library does not write into empty arrays any more')
  if (!marked.test(source)) throw new Error('the library does not look for the keys of sequences any more')
  const inOrder = source
    .replace(marked, '(Array.isArray(input) ? Array.from(input.keys()) : utils.keys(input))$1')
    .replaceAll('timestamp = new Date();', `timestamp = new Date(${NOW});`)
    .replace(written, 'input = [undefined];')
    .replace(together, 'inOrder($1.map(($2, idx) => async () => {')
  const module: { exports: unknown } = { exports: {} }
  const run = runInThisContext(`(function (module, exports, inOrder) {${inOrder}\n})`, {
    filename: 'jsonata-in-order.js',
  })
  run(module, module.exports, async (tasks: readonly (() => Promise<unknown>)[]) => {
    const results: unknown[] = []
    for (const task of tasks) results.push(await task())
    return results
  })
  return module.exports as typeof jsonata // what the source exports
}
