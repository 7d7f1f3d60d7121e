import type { Json } from '../../engine/node.ts'
import { tidy } from './numbers.ts'

/** How far a number may differ without a change: as it is, or in percent of the value before. */
export interface Deadband {
  readonly kind: 'absolute' | 'percent'
  readonly size: number
}

/** Whether a value differs from the one before, by more than the deadband where there is one and both are numbers. */
export function isChange(before: Json, value: Json, deadband: Deadband | undefined): boolean {
  if (deadband === undefined || typeof before !== 'number' || typeof value !== 'number') return !sameJson(before, value)
  const allowed = deadband.kind === 'absolute' ? deadband.size : (Math.abs(before) * deadband.size) / 100
  return tidy(Math.abs(value - before)) > tidy(allowed)
}

/** Whether two values have the same contents, whatever the order of fields. */
export function sameJson(one: Json, other: Json): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const fields = Object.entries(one)
  if (fields.length !== Object.keys(other).length) return false
  return fields.every(([name, item]) => {
    const twin: Json | undefined = Object.hasOwn(other, name) ? Reflect.get(other, name) : undefined
    return twin !== undefined && sameJson(item, twin)
  })
}
