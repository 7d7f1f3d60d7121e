import type { ObservedKind, PlaceSummary, Summary } from './learn.ts'
import {
  ANY,
  arrayOf,
  BOOLEAN,
  BYTES,
  learnedObject,
  NEVER,
  NULL,
  NUMBER,
  openObject,
  STRING,
  TIME,
  type Type,
} from './type.ts'
import { optional, unionAll } from './union.ts'

/** Whole numbers from 2001 to 2100 in UTC milliseconds are taken for times. */
const earliest = Date.UTC(2001, 0, 1)
const latest = Date.UTC(2100, 0, 1)

/**
 * The type of what was observed; `any` before the first value. Its shapes are `learned`: other fields may come. Ranges and
 * values that were seen are not part of it, for the next message may bring another one.
 */
export function typeOfSummary(summary: Summary): Type {
  return summary.root.count === 0 ? ANY : typeOfPlace(summary.root)
}

function typeOfPlace(place: PlaceSummary): Type {
  const kinds = Object.keys(place.kinds) as ObservedKind[] // its keys are kinds by its type
  return unionAll(kinds.map((kind) => typeOfKind(kind, place)))
}

function typeOfKind(kind: ObservedKind, place: PlaceSummary): Type {
  if (kind === 'null') return NULL
  if (kind === 'boolean') return BOOLEAN
  if (kind === 'string') return STRING
  if (kind === 'bytes') return BYTES
  if (kind === 'number') return isTime(place) ? TIME : NUMBER
  if (kind === 'array') return arrayOf(place.array ? typeOfItem(place.array.item) : ANY)
  if (kind === 'object') return typeOfObject(place)
  return ANY
}

function typeOfItem(item: PlaceSummary): Type {
  return item.count === 0 ? NEVER : typeOfPlace(item)
}

function isTime(place: PlaceSummary): boolean {
  const seen = place.number
  return seen?.whole === true && seen.min >= earliest && seen.max <= latest
}

function typeOfObject(place: PlaceSummary): Type {
  const { object } = place
  if (object === undefined) return openObject({})
  const count = place.kinds.object ?? 0
  const entries = Object.entries(object.fields)
  if (object.rest) return typeOfMap(entries, typeOfPlace(object.rest), count)
  const fields = Object.fromEntries(
    entries.map(([name, field]) => [name, field.count < count ? optional(typeOfPlace(field)) : typeOfPlace(field)]),
  )
  return object.overflow ? openObject(fields) : learnedObject(fields)
}

/** An object with more names than the limit: only those that are always there are named, the others are its `rest`. */
function typeOfMap(entries: [string, PlaceSummary][], rest: Type, count: number): Type {
  const always = entries.filter(([, field]) => field.count >= count)
  const others = entries.filter(([, field]) => field.count < count).map(([, field]) => typeOfPlace(field))
  const fields = Object.fromEntries(always.map(([name, field]) => [name, typeOfPlace(field)]))
  return openObject(fields, unionAll([rest, ...others]))
}
