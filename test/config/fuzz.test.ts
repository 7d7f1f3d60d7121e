import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readConfig, settingsSchema } from '../../engine/config/index.ts'
import { settingsTable } from '../../engine/config/table.ts'

const names = [...new Set(settingsTable().flatMap(({ path }) => path))]
/** Documents that look like settings here and there. */
const { document } = fc.letrec((tie) => ({
  document: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue(),
    fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie('document'), { maxKeys: 5 }),
  ),
}))

test('whatever stands in a config file, it is read or has problems with places; nothing is thrown', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        document.map((value) => JSON.stringify(value)),
      ),
      (text) => {
        const { problems, document: read } = readConfig(text, 'rulewire.json')
        if (problems.length === 0) expect(settingsSchema.safeParse(read).success).toBe(true)
        for (const { line = 0, column = 0, text: sentence, hint } of problems) {
          expect(line).toBeGreaterThan(0)
          expect(column).toBeGreaterThan(0)
          expect(`${sentence}${hint}`).not.toMatch(/undefined|\[object|\{(field|found|wanted|detail)\}/)
        }
      },
    ),
    { numRuns: 500 },
  )
})
