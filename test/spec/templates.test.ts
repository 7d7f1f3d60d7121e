import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RulewireError } from '../../engine/errors.ts'
import { compileTemplate, filtersIntersect } from '../../engine/spec/topics.ts'

/** Signs that have a meaning in topics, in templates or in JavaScript, and others. */
const sign = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('/', '+', '#', '\0', '$', '{', '}', '..', '%2F', '\u2028', '', 'SYS') },
  fc.string({ unit: 'binary', maxLength: 3 }),
)
const anyText = fc.array(sign, { maxLength: 5 }).map((signs) => signs.join(''))
/** What a message may hold for a parameter: a device can send anything. */
const anyValue = fc.oneof({ weight: 5, arbitrary: anyText }, fc.double(), fc.boolean(), fc.anything())
const literal = fc.stringMatching(/^[a-z0-9 _-]{1,6}$/)
const part = fc.oneof(literal, fc.constantFrom('{a}', '{b}', 'x-{a}', '{b}.v', '{a}{b}'))
const template = fc
  .tuple(literal, fc.array(part, { minLength: 1, maxLength: 4 }))
  .map(([first, rest]) => [first, ...rest].join('/'))

/** The topic, or undefined when the template refuses the values. */
function filled(text: string, params: Record<string, unknown>): string | undefined {
  try {
    return compileTemplate(text)(params)
  } catch (thrown) {
    if (thrown instanceof RulewireError && thrown.code === 'TOPIC_NAME') return undefined
    throw thrown
  }
}

describe('C40: a templated topic (generated; a failure shows its seed)', () => {
  it('keeps what is written, level by level, whatever stands in a message, or is refused', () => {
    let made = 0
    fc.assert(
      fc.property(template, anyValue, anyValue, (text, a, b) => {
        const topic = filled(text, { a, b })
        if (topic === undefined) return
        made++
        const [levels, written] = [topic.split('/'), text.split('/')]
        expect(levels.length).toBe(written.length)
        for (const [index, level] of levels.entries()) {
          const pattern = written[index] ?? ''
          if (!pattern.includes('{')) expect(level).toBe(pattern)
          // What is written around a parameter in its level is kept, too.
          expect(level.startsWith(pattern.split('{')[0] ?? '')).toBe(true)
          expect(level.endsWith(pattern.split('}').at(-1) ?? '')).toBe(true)
          expect(level).not.toBe('')
          expect(level).not.toMatch(/[+#\0]/)
          expect(level.startsWith('$')).toBe(false)
        }
        const { filter } = compileTemplate(text)
        expect(filtersIntersect(filter, topic)).toBe(true)
        expect(topic.startsWith(text.slice(0, text.indexOf('{') < 0 ? text.length : text.indexOf('{')))).toBe(true)
      }),
      { numRuns: 5000 },
    )
    expect(made).toBeGreaterThan(300)
  })

  it('that begins with a parameter never reaches the topics of the broker', () => {
    fc.assert(
      fc.property(anyValue, (a) => {
        const topic = filled('{a}/state', { a })
        if (topic !== undefined) expect(topic).toMatch(/^[^$/+#\0][^/+#\0]*\/state$/su)
      }),
      { numRuns: 3000 },
    )
  })

  it('takes parameters of the message only, nothing that objects inherit', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(filled(`x/{${name}}`, {}), name).toBeUndefined()
    }
  })
})
