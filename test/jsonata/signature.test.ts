import jsonata from 'jsonata'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../engine/jsonata/errors.ts'
import { Signature } from '../../engine/jsonata/signature.ts'
import { Random } from './random.ts'

interface TheirSignature {
  validate(args: readonly unknown[], context: unknown): unknown
}

const types = ['s', 'n', 'b', 'l', 'o', 'a', 'j', 'x', 'a<n>', 'a<s>', '(sn)', '(ao)', 'f']
const values = ['text', 1, true, null, {}, [], [1, 2], ['a'], [1, 'a'], undefined]

function randomSignature(random: Random): string {
  const parts = random.list(
    random.below(5),
    () => random.pick(types) + random.pick(['', '', '', '?', '-', '+', '-?', '?-']),
  )
  return `<${parts.join('')}:x>`
}

function outcome(run: () => unknown): unknown {
  try {
    const args = run()
    if (!Array.isArray(args)) return args
    // Whether missing arguments at the end are written out makes no difference to a function.
    return args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1)
  } catch (error) {
    if (error instanceof Failure) {
      const { value, index, type } = error.fields
      return { code: error.code, value, index, ...(type && { type }) }
    }
    const { code, value, index, type } = error as Record<string, unknown> // what the library throws
    return { code, value, index, ...(type !== undefined && { type }) }
  }
}

/** True where the library has failed with an error of JavaScript. */
function failsItself(theirs: unknown): boolean {
  return typeof theirs === 'object' && theirs !== null && 'code' in theirs && theirs.code === undefined
}

describe('a signature', () => {
  it('takes, completes and refuses the arguments that the library does, for 5,000 random ones', () => {
    for (let seed = 1; seed <= 5000; seed++) {
      const random = new Random(seed)
      const definition = randomSignature(random)
      let theirs: TheirSignature
      try {
        const ast: unknown = jsonata(`function($a)${definition}{ 1 }`).ast()
        theirs = (ast as { signature: TheirSignature }).signature
      } catch {
        continue // what the parser refuses never comes here
      }
      const args = random.list(random.below(5), () => random.pick(values))
      const context = random.pick(values)
      const ours = new Signature(definition)
      const expected = outcome(() => theirs.validate(args, context))
      if (failsItself(expected)) continue
      const found = outcome(() => ours.validate(args, context))
      expect(found, `seed ${seed}: ${definition} ${JSON.stringify(args)}`).toEqual(expected)
    }
  })

  it('does not take long where arguments can be divided in many ways', () => {
    const signature = new Signature(`<${'n+'.repeat(40)}s>`)
    expect(outcome(() => signature.validate(new Array(60).fill(1), undefined))).toMatchObject({ code: 'T0410' })
  })
})
