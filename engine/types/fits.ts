import { joinPath, printType } from './print.ts'
import {
  type Member,
  MISSING,
  membersOf,
  type NumberType,
  type ObjectType,
  type StringType,
  type Type,
} from './type.ts'
import { fieldType, highest, lowest, optional } from './union.ts'

/** `yes`: every value fits; `no`: none does; `maybe`: some do, or nobody can tell. */
export type Verdict = 'yes' | 'maybe' | 'no'

/** Where a type does not (surely) fit, what it is there and what is wanted. The path is empty for the whole value. */
export interface Reason {
  readonly path: string
  readonly found: string
  readonly wanted: string
  readonly verdict: 'maybe' | 'no'
}

export interface Fit {
  readonly verdict: Verdict
  /** The places that keep the verdict from being `yes`; at most `maxReasons`, the impossible ones first. */
  readonly reasons: readonly Reason[]
}

export const maxReasons = 20

/**
 * Whether values of one type are values of another. An array counts by its items (that an empty one fits every array
 * type does not save it); `any` as a source may fit everything.
 */
export function fits(from: Type, to: Type): Fit {
  const reasons: Reason[] = []
  const verdict = compare(from, to, '', reasons)
  const worst = [...reasons.filter((r) => r.verdict === 'no'), ...reasons.filter((r) => r.verdict === 'maybe')]
  return { verdict, reasons: verdict === 'yes' ? [] : worst.slice(0, maxReasons) }
}

function compare(from: Type, to: Type, path: string, reasons: Reason[]): Verdict {
  const members = membersOf(from)
  if (members.length === 0) return 'yes'
  const inner: Reason[] = []
  const failed: Member[] = []
  const verdicts = members.map((member) => {
    const before = inner.length
    const verdict = compareMember(member, to, path, inner)
    if (verdict !== 'yes' && inner.length === before) failed.push(member)
    return verdict
  })
  const verdict = together(verdicts)
  if (failed.length > 0) {
    const found = failed.map((member) => short(member)).join(' | ')
    reasons.push({ path, found, wanted: short(to), verdict: verdict === 'no' ? 'no' : 'maybe' })
  }
  for (const reason of inner) reasons.push(verdict === 'maybe' ? { ...reason, verdict: 'maybe' } : reason)
  return verdict
}

function together(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.every((verdict) => verdict === 'yes')) return 'yes'
  return verdicts.every((verdict) => verdict === 'no') ? 'no' : 'maybe'
}

/** Compares one member with the member of `to` of its own kind. Adds a reason only for a part of it. */
function compareMember(from: Member, to: Type, path: string, reasons: Reason[]): Verdict {
  const wanted = membersOf(to)
  if (from.kind !== 'missing' && wanted.some((member) => member.kind === 'any')) return 'yes'
  if (from.kind === 'any') return wanted.some((member) => member.kind !== 'missing') ? 'maybe' : 'no'
  const same = wanted.find((member) => member.kind === from.kind)
  if (same === undefined) return 'no'
  if (from.kind === 'number' && same.kind === 'number') return compareNumbers(from, same)
  if (from.kind === 'string' && same.kind === 'string') return compareStrings(from, same)
  if (from.kind === 'array' && same.kind === 'array') return compare(from.item, same.item, `${path}[]`, reasons)
  if (from.kind === 'object' && same.kind === 'object') return compareShapes(from, same, path, reasons)
  return 'yes'
}

function compareNumbers(from: NumberType, to: NumberType): Verdict {
  if (from.values) return some(from.values.map((value) => hasNumber(to, value)))
  const [low, high] = [lowest(from) ?? Number.NEGATIVE_INFINITY, highest(from) ?? Number.POSITIVE_INFINITY]
  if (to.values) return to.values.some((value) => low <= value && value <= high) ? 'maybe' : 'no'
  const [min, max] = [to.min ?? Number.NEGATIVE_INFINITY, to.max ?? Number.POSITIVE_INFINITY]
  if (low >= min && high <= max) return 'yes'
  return high < min || low > max ? 'no' : 'maybe'
}

/** Whether a number belongs to a number type. */
export function hasNumber(type: NumberType, value: number): boolean {
  if (type.values) return type.values.includes(value)
  return (type.min === undefined || value >= type.min) && (type.max === undefined || value <= type.max)
}

function compareStrings(from: StringType, to: StringType): Verdict {
  const wanted = to.values
  if (!wanted) return 'yes'
  return from.values ? some(from.values.map((value) => wanted.includes(value))) : 'maybe'
}

function some(results: readonly boolean[]): Verdict {
  if (results.every((result) => result)) return 'yes'
  return results.some((result) => result) ? 'maybe' : 'no'
}

function compareShapes(from: ObjectType, to: ObjectType, path: string, reasons: Reason[]): Verdict {
  const names = new Set([...Object.keys(from.fields), ...Object.keys(to.fields)])
  const verdicts = [...names].map((name) =>
    compare(fieldType(from, name), fieldType(to, name), joinPath(path, name), reasons),
  )
  const [left, right] = [from.rest, to.rest].map((rest) => (rest ? optional(rest) : MISSING))
  if (left && right) verdicts.push(compare(left, right, joinPath(path, '*'), reasons))
  if (verdicts.includes('no')) return 'no'
  return verdicts.includes('maybe') ? 'maybe' : 'yes'
}

function short(type: Type): string {
  return printType(type, { depth: 2, fields: 6, values: 4 })
}
