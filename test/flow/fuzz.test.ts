import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkFlow, checkText } from '../../engine/flow/check.ts'
import { printFlow } from '../../engine/flow/print.ts'
import { readFlow } from '../../engine/flow/read.ts'
import { nodeSpecs } from '../../nodes/index.ts'

const folder = join(import.meta.dirname, '../../flows')
const texts = globSync('*.json', { cwd: folder })
  .filter((file) => !/\.(schema|test)\.json$/.test(file))
  .map((file) => readFileSync(join(folder, file), 'utf8'))

const context = { specs: nodeSpecs, connections: ['default'], secrets: () => undefined }

/** Values that are more likely to be half right than random JSON. */
const values = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    '',
    'a.b',
    'in',
    '5m',
    '> 8',
    'payload.x',
    '{a}',
    '#',
    'a/+/b',
    -1,
    1e300,
    [],
    {},
    [[]],
    { $secret: 'x' },
    null,
  ),
  fc.constantFrom('filter', 'mqtt-in', 'alarm', 'switch', 'inject', 'http-out', 'store', 'query', 'transform'),
)

/** A real flow in which some places hold something else, or nothing. */
const spoiled = fc
  .record({
    text: fc.constantFrom(...texts),
    changes: fc.array(fc.record({ at: fc.nat(), value: values, how: fc.constantFrom('set', 'delete', 'add') }), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .map(({ text, changes }) => {
    const document: unknown = JSON.parse(text)
    for (const { at, value, how } of changes) {
      const places = placesIn(document)
      const place = places[at % Math.max(1, places.length)]
      if (place === undefined) continue
      if (how === 'delete') Reflect.deleteProperty(place.owner, place.name)
      else Reflect.set(place.owner, how === 'add' && !Array.isArray(place.owner) ? `${place.name}x` : place.name, value)
    }
    // what was taken out of an array left a hole, which JSON has not
    return JSON.parse(JSON.stringify(document))
  })

test('whatever stands in a flow, a check answers with problems in words and never fails', () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: spoiled }, { weight: 1, arbitrary: fc.jsonValue() }), (document) => {
      const { problems, plan } = checkFlow(document, context)
      expect(plan === undefined).toBe(problems.some(({ severity }) => severity === 'error'))
      for (const { text, hint } of problems) {
        expect(`${text} ${hint}`).not.toMatch(unfilled)
        expect(text).toMatch(/[.?!]$/)
        expect(text).not.toMatch(/\.\.$|undefined|\[object/)
      }
    }),
    { numRuns: 1000 },
  )
})

test('the problems of a text are those of its document, each with a place', () => {
  fc.assert(
    fc.property(spoiled, (document) => {
      const text = JSON.stringify(document, null, 2)
      const found = checkText(text, context).problems
      const { problems } = checkFlow(JSON.parse(text), context)
      expect(found.map((one) => one.text).sort()).toEqual(problems.map((one) => one.text).sort())
      for (const { line, at, code } of found) if (at !== undefined) expect(line, `${code} ${at}`).toBeGreaterThan(0)
    }),
    { numRuns: 300 },
  )
})

test('a document that is read can be printed, read again and checked to the same end', () => {
  fc.assert(
    fc.property(spoiled, (document) => {
      const read = readFlow(JSON.stringify(document)).document
      if (read === undefined) return
      const again = readFlow(printFlow(read)).document
      expect(again).toEqual(read)
      expect(checkFlow(again, context).plan?.hash).toBe(checkFlow(document, context).plan?.hash)
    }),
    { numRuns: 300 },
  )
})

/** A value that a text or hint needs and that nobody gave. `{name}` is part of what a hint says. */
const unfilled =
  /\{(?:detail|suggestion|fields?|found|wanted|example|id|count|type|end|choices|from|to|nodes|expression|position|names|filter|topic|what|limit)\}/

function placesIn(value: unknown): { owner: object; name: string }[] {
  if (typeof value !== 'object' || value === null) return []
  const own = Object.keys(value).map((name) => ({ owner: value, name }))
  return [...own, ...Object.values(value).flatMap(placesIn)]
}
