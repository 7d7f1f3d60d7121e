import { describe, expect, it } from 'vitest'
import { cursorAt, jsonPlaces, placeAt, withItem } from '../../editor/core/jsontext.ts'
import { casesOf, leftOut, testCompletions } from '../../editor/core/ruletests.ts'
import { testCommand } from '../../engine/cli/test.ts'
import { otherNames } from '../../engine/rules/document.ts'
import { ruleTestsJsonSchema } from '../../engine/rules/index.ts'
import { statusKinds } from '../../engine/spec/status.ts'

const words = { nodes: ['in', 'warm'], inputs: ['warm.in'], outputs: ['in.out', 'warm.event'], topics: ['a/b'] }

/** The fields of an object in a file of rule tests, by the schema that editors use. */
function fieldsAt(path: readonly string[]): string[] {
  const inner = (schema: unknown, name: string): unknown => {
    const value = Object(Reflect.get(Object(Reflect.get(Object(schema), 'properties')), name))
    return Reflect.get(value, 'items') ?? value
  }
  const found = path.reduce(inner, ruleTestsJsonSchema())
  return Object.keys(Object(Reflect.get(Object(found), 'properties')))
}

/** What is offered where "|" stands. */
function offered(text: string): string[] {
  const offset = text.indexOf('|')
  const cursor = cursorAt(text.replace('|', ''), offset)
  return cursor === undefined ? [] : testCompletions(cursor, words).map(({ label }) => label)
}

describe('the places of a JSON text', () => {
  it('are those of its values, with their offsets', () => {
    const text = '{ "a": [1, { "b\\"c": "x" }], "d": true }'
    for (const { path, start, end } of jsonPlaces(text)) {
      const value = path.reduce<unknown>(
        (found, step) => Reflect.get(Object(found), String(step).replace('\\"', '"')),
        JSON.parse(text),
      )
      expect(JSON.parse(text.slice(start, end)), path.join('/')).toEqual(value)
    }
    expect(placeAt(text, ['d'])).toMatchObject({ kind: 'other' })
  })

  it('are found in a broken text up to the fault', () => {
    expect(jsonPlaces('{ "a": 1, "b": [2, ').map(({ path }) => path.join('/'))).toEqual(['a', 'b/0'])
  })
})

describe('an item that is added to a list of a text', () => {
  it('stands last, in lines of its own, and changes nothing else', () => {
    const empty = '{\n  "tests": []\n}\n'
    const one = withItem(empty, ['tests'], '{\n  "name": "a"\n}') ?? ''
    expect(one).toBe('{\n  "tests": [\n    {\n      "name": "a"\n    }\n  ]\n}\n')
    const two = withItem(one, ['tests'], '{ "name": "b" }') ?? ''
    expect(two.startsWith(one.slice(0, 40))).toBe(true)
    expect(JSON.parse(two).tests.map((test: { name: string }) => test.name)).toEqual(['a', 'b'])
    expect(withItem('{ "tests": 1 }', ['tests'], '1')).toBeUndefined()
  })
})

describe('what is offered in a file of rule tests', () => {
  it('are the fields of the place that are not there yet', () => {
    expect(offered('{ | }')).toContain('disable')
    expect(offered('{ "flow": "a", "|" }')).not.toContain('flow')
    expect(offered('{ "tests": [{ "na|" }] }')).toContain('name')
    expect(offered('{ "tests": [{ "steps": [{ "publish": "a", | }] }] }')).toContain('payload')
    expect(offered('{ "tests": [{ "steps": [{}, { "publish": "a", | }] }] }')).not.toContain('publish')
  })

  it('are ports, nodes, topics and effects where their names stand', () => {
    expect(offered('{ "tests": [{ "steps": [{ "expect": { "w|" } }] }] }')).toEqual(
      expect.arrayContaining(['warm.event', 'published', 'alarms', 'rows']),
    )
    expect(offered('{ "tests": [{ "steps": [{ "send": { | } }] }] }')).toEqual(['warm.in'])
    expect(offered('{ "tests": [{ "steps": [{ "publish": "|" }] }] }')).toEqual(['a/b'])
    expect(offered('{ "tests": [{ "steps": [{ "nothing": ["warm.event", "|"] }] }] }')).toContain('published')
    expect(offered('{ "disable": [|] }')).toEqual(['in', 'warm'])
    expect(offered('{ "tests": [{ "steps": [{ "expect": { "alarms": [{ "|" }] } }] }] }')).toContain('transition')
  })

  it('is all that a file may have', () => {
    const step = '{ "tests": [{ "steps": [{ | }] }] }'
    expect(offered(step).sort()).toEqual(fieldsAt(['tests', 'steps']).sort())
    expect(offered('{ "tests": [{ | }] }').sort()).toEqual(fieldsAt(['tests']).sort())
    for (const part of ['request', 'event', 'command'])
      expect(
        offered(step.replace('|', `"${part}": { | }`)).filter(
          (name) => !fieldsAt(['tests', 'steps', part]).includes(name),
        ),
      ).toEqual([])
    expect(offered(step.replace('|', '"expect": { | }'))).toEqual(expect.arrayContaining([...otherNames]))
    expect(offered(step.replace('|', '"event": { "kind": "|" }'))).toEqual([...statusKinds])
    expect(offered(step.replace('|', '"request": { "method": "|" }'))).toContain('PUT')
    for (const name of fieldsAt(['tests', 'steps'])) expect(testCommand.notes).toContain(name)
  })

  it('is nothing where a value has ended', () => {
    expect(offered('{ "flow": "a" | }')).toEqual([])
    expect(offered('|')).toEqual([])
  })
})

describe('the list of tests', () => {
  it('has names, steps and where each begins; a broken text has none', () => {
    const text = '{ "disable": ["sim"], "tests": [{ "name": "a", "steps": [{}, {}] }, { "name": "b" }] }'
    expect(casesOf(text)).toEqual([
      { place: 0, name: 'a', steps: 2, offset: text.indexOf('{ "name": "a"') },
      { place: 1, name: 'b', steps: 0, offset: text.indexOf('{ "name": "b"') },
    ])
    expect(leftOut(text)).toEqual(['sim'])
    expect(casesOf('{ "tests": [')).toBeUndefined()
  })
})
