import { membersOf, type Type } from '../../engine/types/index.ts'
import type { Random } from '../jsonata/random.ts'

/** Some value of a type. Numbers and strings are few, so that comparisons with literals come out true now and then. */
export function someValue(type: Type, random: Random): unknown {
  const member = random.pick(membersOf(type))
  if (member.kind === 'missing') return undefined
  if (member.kind === 'null') return null
  if (member.kind === 'boolean') return random.chance(0.5)
  if (member.kind === 'number') {
    if (member.format === 'time') return Date.UTC(2026, 0, 1 + random.below(300))
    return random.pick(member.values ?? [0, 1, 2.5, 4, -3, 21.5, 31, 99])
  }
  if (member.kind === 'string')
    return random.pick(member.values ?? ['', 'on', 'ON', '12', 'a/b/c', 't=5', '2026-01-01'])
  if (member.kind === 'array') return random.list(random.below(4), () => someValue(member.item, random))
  if (member.kind === 'object') return someObject(member.fields, member.rest, random)
  return random.pick<unknown>([1, 'on', true, null, [1, 2], { temperature: 20, value: 4 }, { value: [1, 'a'] }, []])
}

function someObject(fields: Readonly<Record<string, Type>>, rest: Type | undefined, random: Random): object {
  const entries = Object.entries(fields).map(([name, type]): [string, unknown] => [name, someValue(type, random)])
  const other = random.pick(['kitchen', 'other', 'voltage'])
  if (rest && random.chance(0.5) && !(other in fields)) entries.push([other, someValue(rest, random)])
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}
