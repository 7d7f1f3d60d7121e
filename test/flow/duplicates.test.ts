import { parseTree } from 'jsonc-parser'
import { expect, it } from 'vitest'
import { duplicateFields } from '../../engine/flow/duplicates.ts'
import { pathText } from '../../engine/flow/path.ts'
import { Random } from '../jsonata/random.ts'

const found = (text: string) =>
  duplicateFields(text, 10).map(({ path, count, offset }) => `${pathText(path)} ${count} ${offset}`)

it.each([
  ['{"a":1,"b":2}', []],
  ['{"a":1,"a":2}', ['a 2 7']],
  ['{"a":1,"a":2,"a":3}', ['a 3 7']],
  ['{"a":{"b":1},"b":{"a":1}}', []],
  ['[{"a":1},{"b":{"x":1,"y":2,"x":3}}]', ['[1].b.x 2 27']],
  ['{"a":[0,[1,{"b":1,"b":2}]]}', ['a[1][1].b 2 18']],
  ['{"\\u0061":1,"a":2}', ['a 2 12']],
  ['{"a\\\\":1,"a\\"":2, "a\\\\":3}', ['["a\\\\"] 2 18']],
  ['{"a":"\\"a\\":1,","b":"{\\"a\\":1}"}', []],
  ['{"__proto__":1,"__proto__":2}', ['__proto__ 2 15']],
  ['{"":1,"":2}', ['[""] 2 6']],
  ['"{"', []],
])('in %s', (text, expected) => {
  JSON.parse(text)
  expect(found(text)).toEqual(expected)
})

it('stops telling at the limit', () => {
  expect(duplicateFields(`[${'{"a":1,"a":1},'.repeat(1000)}0]`, 7)).toHaveLength(7)
})

it('finds as many as a parser of the whole tree (generated; a failure shows its seed)', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = new Random(seed)
    const text = jsonText(random, 4)
    expect(duplicateFields(text, 1e9).length, `seed ${seed}: ${text}`).toBe(countIn(parseTree(text)))
  }
})

/** A JSON text with few names, written in several ways. */
function jsonText(random: Random, depth: number): string {
  const kind = depth === 0 ? 0 : random.below(4)
  if (kind <= 1) return random.pick(['1', '"x"', '"\\\\"', '"{\\"a\\":["', 'null', '[ ]', '{ }'])
  const space = () => random.pick(['', ' ', '\n'])
  if (kind === 2) return `[${random.list(random.below(4), () => `${space()}${jsonText(random, depth - 1)}`).join(',')}]`
  const names = ['"a"', '"\\u0061"', '"b"', '"\\""', '"\\\\"', '"__proto__"']
  const fields = random.list(
    random.below(6),
    () => `${space()}${random.pick(names)}${space()}:${jsonText(random, depth - 1)}`,
  )
  return `{${fields.join(',')}}`
}

function countIn(node: ReturnType<typeof parseTree>): number {
  const children = node?.children ?? []
  const names = node?.type === 'object' ? children.map((child) => String(child.children?.[0]?.value)) : []
  const own = new Set(names.filter((name, at) => names.indexOf(name) !== at)).size
  return children.reduce((sum, child) => sum + countIn(child), own)
}
