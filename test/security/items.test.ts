import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

/** The numbers of the list that these tests are written from; there are gaps in it. */
const ranges = [
  [1, 12],
  [14, 28],
  [30, 34],
  [36, 44],
  [55, 55],
  [57, 58],
] as const
const items = ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => `C${first + at}`))

/** Test files by the item that the name of a test in them begins with: `C7: ...`, or `C14, C15: ...`. */
const named = new Map<string, Set<string>>()
for (const file of globSync('test/**/*.test.ts', { cwd: root }).sort()) {
  const text = readFileSync(join(root, file), 'utf8')
  for (const [, numbers = ''] of text.matchAll(/\(\s*['"`]((?:C\d+, )*C\d+): /g)) {
    for (const item of numbers.split(', ')) named.set(item, (named.get(item) ?? new Set()).add(file))
  }
}

/** The rows of the table on the page about security. */
const rows = new Map(
  readFileSync(join(root, 'engine', 'docs', 'security.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, item = '', what = '', tests = ''] = /^\| (C\d+) \| (.*) \| (.*) \|$/.exec(line) ?? []
      return item === '' ? [] : [[item, { what, tests }] as const]
    }),
)

describe('the list of security items', () => {
  it('stands on its page, whole and in order', () => {
    expect([...rows.keys()]).toEqual(items)
    for (const [item, { what }] of rows) expect(what.length, item).toBeGreaterThan(10)
  })

  it.each(items)(
    '%s has a test that names it, and the page has the file; or the page says why it cannot be had',
    (item) => {
      const found = [...(named.get(item) ?? [])]
      const tests = rows.get(item)?.tests ?? ''
      if (found.length === 0) return expect(tests, `no test begins with "${item}: "`).toMatch(/^none, because \S.{20,}/)
      expect(tests).toBe(found.map((file) => `\`${file.slice('test/'.length)}\``).join(' '))
    },
  )

  it('knows no other numbers', () => {
    expect([...named.keys()].filter((item) => !items.includes(item))).toEqual([])
  })
})

it('C33: the prototype of all objects is looked at after every test file', () => {
  expect(readFileSync(join(root, 'vitest.config.ts'), 'utf8')).toContain("setupFiles: ['test/security/prototype.ts']")
})
