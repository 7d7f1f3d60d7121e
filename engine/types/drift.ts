import { fieldOf, type ObservedKind, type PlaceSummary, type Summary } from './learn.ts'
import { joinPath } from './print.ts'
import { kindOf } from './value.ts'

/** A difference between a value and what was learned before. `path` is empty for the whole value. */
export interface Drift {
  readonly code: 'NEW_KIND' | 'NEW_FIELD' | 'VANISHED_FIELD'
  readonly path: string
  /** What is there now, such as `string`; `missing` for a vanished field. */
  readonly found: string
  /** What was there so far, such as `number`; `missing` for a new field. */
  readonly expected: string
}

export interface DriftOptions {
  /** Values that must have been observed before anything is called new. Default 20. */
  readonly settled?: number
  /** Values in a row from which a field must be missing to be called vanished. Default 20. */
  readonly absent?: number
}

/** The part of the values, from its first to its last, in which a field must have been to count as always present. */
const alwaysPresent = 0.95
const defaults = { settled: 20, absent: 20 }

/** What is new in a value or has vanished, measured against the summary. Ask before `observe`; it changes nothing. */
export function drift(summary: Summary, value: unknown, options: DriftOptions = {}): Drift[] {
  const found: Drift[] = []
  compare(summary.root, value, { path: '', found, ...defaults, ...options })
  return found
}

/** The fields that used to be always present and have been missing in the last values, by the summary alone. */
export function vanished(summary: Summary, options: DriftOptions = {}): Drift[] {
  const found: Drift[] = []
  collectVanished(summary.root, undefined, { path: '', found, ...defaults, ...options })
  return found
}

interface Search {
  readonly path: string
  readonly found: Drift[]
  readonly settled: number
  readonly absent: number
}

function compare(place: PlaceSummary, value: unknown, search: Search): void {
  if (place.count < search.settled) return
  const kind = kindOf(value)
  const { kinds } = place
  const known = kind in kinds || kinds.any !== undefined
  if (!known) search.found.push({ code: 'NEW_KIND', path: search.path, found: kind, expected: namesOf(kinds) })
  else if (Array.isArray(value)) compareItems(place, value, search)
  else if (kind === 'object' && isRecord(value)) compareFields(place, value, search)
}

function compareItems(place: PlaceSummary, value: readonly unknown[], search: Search): void {
  const item = place.array?.item
  if (item === undefined) return
  const before = search.found.length
  for (const entry of value.slice(0, 32)) {
    compare(item, entry, { ...search, path: `${search.path}[]` })
    if (search.found.length > before) return
  }
}

function compareFields(place: PlaceSummary, value: Record<string, unknown>, search: Search): void {
  const { object } = place
  if (object === undefined || (place.kinds.object ?? 0) < search.settled) return
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue
    const path = joinPath(search.path, name)
    const known = fieldOf(place, name) ?? object.rest
    if (known) compare(known, field, { ...search, path })
    else if (!object.overflow) search.found.push({ code: 'NEW_FIELD', path, found: kindOf(field), expected: 'missing' })
  }
  if (!search.path.includes('[]')) collectVanished(place, value, search)
}

/** With a value: the fields that it lacks too, itself counted. Without: the state of the summary, fields of fields too. */
function collectVanished(place: PlaceSummary, value: Record<string, unknown> | undefined, search: Search): void {
  const total = (place.kinds.object ?? 0) + (value ? 1 : 0)
  for (const [name, field] of Object.entries(place.object?.fields ?? {})) {
    const path = joinPath(search.path, name)
    if (value !== undefined && Object.hasOwn(value, name) && value[name] !== undefined) continue
    if (total - field.last >= search.absent && wasAlwaysPresent(field, search)) {
      search.found.push({ code: 'VANISHED_FIELD', path, found: 'missing', expected: namesOf(field.kinds) })
    } else if (value === undefined) collectVanished(field, undefined, { ...search, path })
  }
}

function wasAlwaysPresent(field: PlaceSummary, search: Search): boolean {
  return field.count >= search.settled && field.count >= alwaysPresent * (field.last - field.first + 1)
}

function namesOf(kinds: PlaceSummary['kinds']): string {
  return (Object.keys(kinds) as ObservedKind[]).join(' | ') // its keys are kinds by its type
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
