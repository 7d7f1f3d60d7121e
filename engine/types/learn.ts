import type { Member } from './type.ts'
import { kindOf } from './value.ts'

/** How much a summary may hold. What lies beyond is counted, not kept. */
export interface LearnLimits {
  /** Objects and arrays nested deeper than this are not looked into. */
  readonly depth: number
  /** Named fields of one object; further ones are taken together as `rest`, as in a map by device. */
  readonly fields: number
  /** Places (values, fields, items) in all. */
  readonly places: number
  /** Items of one array that are looked at, evenly spread. */
  readonly items: number
  /** Distinct values kept of a string or number that has only a few. */
  readonly values: number
  /** Characters of a string that are kept as an example; a longer one is no enumeration value either. */
  readonly text: number
  /** Examples kept for each place. */
  readonly examples: number
}

/** What was observed of the payloads of one topic. Plain JSON: it can be stored and resumed at any time. */
export interface Summary {
  readonly version: 1
  readonly limits: LearnLimits
  /** Places in use. */
  places: number
  readonly root: PlaceSummary
}

/** The kinds that a place counts. */
export type ObservedKind = Exclude<Member['kind'], 'missing' | 'never' | 'function'>

/** What was observed at one place: the payload, a field, or the items of an array. */
export interface PlaceSummary {
  /** How often a value was there. */
  count: number
  /** Number of the first and the last value of the parent at which this one was there; 1 is the parent's first. */
  first: number
  last: number
  /** How often each kind was met; `any` counts what lies deeper than the limit. */
  kinds: Partial<Record<ObservedKind, number>>
  number?: NumberSummary
  /** Distinct short strings and how often each was met; null when there were too many. */
  strings?: [string, number][] | null
  object?: { readonly fields: Record<string, PlaceSummary>; rest?: PlaceSummary; overflow?: true }
  array?: { min: number; max: number; readonly item: PlaceSummary }
  examples: (string | number | boolean)[]
}

export interface NumberSummary {
  min: number
  max: number
  /** Whether all of them are whole numbers. */
  whole: boolean
}

const defaults: LearnLimits = { depth: 8, fields: 64, places: 512, items: 32, values: 12, text: 40, examples: 3 }

/** A summary of nothing yet. */
export function emptySummary(limits: Partial<LearnLimits> = {}): Summary {
  return { version: 1, limits: { ...defaults, ...limits }, places: 1, root: emptyPlace(0) }
}

/** Adds one value to the summary, in place: it runs on live traffic. Memory and time are bounded by the limits. */
export function observe(summary: Summary, value: unknown): void {
  const { root } = summary
  if (root.count === 0) root.first = 1
  see(summary, root, value, root.count + 1, 0)
}

function emptyPlace(at: number): PlaceSummary {
  return { count: 0, first: at, last: at, kinds: {}, examples: [] }
}

/** `at` is the number of the parent's value that this one belongs to. */
function see(summary: Summary, place: PlaceSummary, value: unknown, at: number, depth: number): void {
  const kind = observedKind(value)
  place.count += 1
  place.last = at
  place.kinds[kind] = (place.kinds[kind] ?? 0) + 1
  if (typeof value === 'number') seeNumber(place, value)
  else if (typeof value === 'string') seeString(place, value, summary.limits)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    seeExample(place, value, summary.limits)
  } else if (depth >= summary.limits.depth) {
    if (kind === 'object' || kind === 'array') place.kinds.any = (place.kinds.any ?? 0) + 1
  } else if (Array.isArray(value)) seeArray(summary, place, value, depth)
  else if (kind === 'object' && isRecord(value)) seeObject(summary, place, value, depth)
}

function observedKind(value: unknown): ObservedKind {
  const kind = kindOf(value)
  return kind === 'missing' || kind === 'function' ? 'any' : kind
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Infinity and NaN are counted as numbers but not ranged: JSON could not keep them. */
function seeNumber(place: PlaceSummary, value: number): void {
  if (!Number.isFinite(value)) return
  const seen = place.number
  if (seen === undefined) {
    place.number = { min: value, max: value, whole: Number.isInteger(value) }
    return
  }
  if (value < seen.min) seen.min = value
  if (value > seen.max) seen.max = value
  if (seen.whole && !Number.isInteger(value)) seen.whole = false
}

function seeString(place: PlaceSummary, value: string, limits: LearnLimits): void {
  if (place.strings === null) return
  place.strings ??= []
  const entry = place.strings.find(([text]) => text === value)
  if (entry) entry[1] += 1
  else if (value.length > limits.text || place.strings.length >= limits.values) place.strings = null
  else place.strings.push([value, 1])
}

function seeExample(place: PlaceSummary, value: string | number | boolean, limits: LearnLimits): void {
  if (place.examples.length >= limits.examples) return
  const short = typeof value === 'string' && value.length > limits.text ? `${value.slice(0, limits.text)}…` : value
  if (!place.examples.includes(short)) place.examples.push(short)
}

function seeArray(summary: Summary, place: PlaceSummary, value: readonly unknown[], depth: number): void {
  const { length } = value
  const array = place.array ?? newArray(summary, place, length)
  if (array === undefined) return
  array.min = Math.min(array.min, length)
  array.max = Math.max(array.max, length)
  const step = Math.max(1, Math.ceil(length / summary.limits.items))
  for (let index = 0; index < length; index += step) see(summary, array.item, value[index], place.count, depth + 1)
}

function newArray(summary: Summary, place: PlaceSummary, length: number): PlaceSummary['array'] {
  if (!takePlace(summary)) return undefined
  place.array = { min: length, max: length, item: emptyPlace(place.count) }
  return place.array
}

function seeObject(summary: Summary, place: PlaceSummary, value: Record<string, unknown>, depth: number): void {
  place.object ??= { fields: {} }
  const at = place.kinds.object ?? 1
  for (const name of Object.keys(value)) {
    const field = value[name]
    if (field === undefined) continue
    const known = fieldOf(place, name) ?? newField(summary, place, name, at)
    if (known) see(summary, known, field, at, depth + 1)
  }
}

/** The place of a named field, if the summary names it. */
export function fieldOf(place: PlaceSummary, name: string): PlaceSummary | undefined {
  const fields = place.object?.fields
  return fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined
}

function newField(summary: Summary, place: PlaceSummary, name: string, at: number): PlaceSummary | undefined {
  const { object } = place
  if (object === undefined) return undefined
  if (object.rest) return object.rest
  if (!takePlace(summary)) {
    object.overflow = true
    return undefined
  }
  const fresh = emptyPlace(at)
  if (Object.keys(object.fields).length >= summary.limits.fields) object.rest = fresh
  else
    Object.defineProperty(object.fields, name, { value: fresh, enumerable: true, writable: true, configurable: true })
  return fresh
}

function takePlace(summary: Summary): boolean {
  if (summary.places >= summary.limits.places) return false
  summary.places += 1
  return true
}
