import { describe, expect, it, onTestFinished } from 'vitest'
import { type FieldSchema, fieldSchema } from '../../engine/flow/index.ts'
import { runExample } from '../../engine/run/example.ts'
import { openStore } from '../../engine/store/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'

describe.each([...nodeSpecs])('%s', (type, spec) => {
  it.each(spec.examples.map((example) => [example.title, example] as const))('example: %s', (_, example) => {
    const store = openStore(':memory:')
    onTestFinished(() => store.close())
    expect(runExample(spec, example, store)).toEqual([])
  })

  it('has at least two examples, with titles of their own', () => {
    const titles = spec.examples.map((example) => example.title)
    expect(titles.length).toBeGreaterThanOrEqual(2)
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('says what it is for', () => {
    expect(spec.type).toBe(type)
    expect(spec.type).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(spec.summary).toMatch(/^[A-Z].*\.$/)
    expect(spec.docs?.length).toBeGreaterThan(60)
    expect(spec.icon).toMatch(/^[a-z0-9-]+$/)
  })

  it('has a title, a help text and examples for every field', () => {
    const schema = fieldSchema(spec.config)
    expect(schema.additionalProperties).toBe(false)
    for (const [name, field] of fieldsOf(schema)) {
      expect(field.title, `title of ${name}`).toBeTruthy()
      expect(field.description, `description of ${name}`).toBeTruthy()
      expect(field.examples?.length, `examples of ${name}`).toBeGreaterThan(0)
    }
  })

  it('accepts the examples of every field', () => {
    const config = spec.examples[0]?.config ?? {}
    for (const [name, field] of Object.entries(fieldSchema(spec.config).properties ?? {})) {
      for (const value of field.examples ?? []) {
        const issues = spec.config.safeParse({ ...config, [name]: value }).error?.issues ?? []
        // Fields may exclude each other ("give either ..."); what matters is that the value itself is not refused.
        const refused = issues.filter(
          (issue: { message: string }) =>
            !/ both there;|leave it out, or|^a session needs|^the query needs|^there is no :/.test(issue.message),
        )
        expect(refused, `${name} = ${JSON.stringify(value)}`).toEqual([])
      }
    }
  })

  it('names a field that it does not know', () => {
    const result = spec.config.safeParse({ ...(spec.examples[0]?.config ?? {}), colour: 'red' })
    expect(result.error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['colour'] }])
  })
})

/** The fields of a config, with those of the objects in its lists. */
function fieldsOf(schema: FieldSchema): [string, FieldSchema][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const inner = typeof field.items === 'object' ? fieldsOf(field.items) : []
    return [
      [name, field] as [string, FieldSchema],
      ...inner.map(([part, one]): [string, FieldSchema] => [`${name}.${part}`, one]),
    ]
  })
}
