import type { AlarmRules } from './alarm-state.ts'
import type { Limit } from './limit.ts'

/** Where each level is raised and where it clears, for charts. */
export function limitsOf({ levels }: AlarmRules) {
  return levels.map(({ id, limit, deadband }) => ({ level: id, text: limitText(limit), ...edgesOf(limit, deadband) }))
}

/** The config for a limit that was found by looking at many values. `onDelay`: milliseconds. */
export function configFor(found: { side: 'above' | 'below'; limit: number; deadband: number; onDelay: number }) {
  const { side, limit, deadband, onDelay } = found
  return {
    raise: `${side === 'above' ? '>' : '<'} ${limit}`,
    ...(deadband === 0 ? {} : { deadband }),
    ...(onDelay === 0 ? {} : { onDelay: durationText(onDelay) }),
  }
}

function limitText(limit: Limit): string {
  if ('low' in limit) return `${limit.kind} ${limit.low}..${limit.high}`
  return `${limit.kind === 'above' ? '>' : '<'}${limit.inclusive ? '=' : ''} ${limit.limit}`
}

function edgesOf(limit: Limit, deadband: number): { raise: number[]; clear: number[] } {
  if ('limit' in limit) {
    return { raise: [limit.limit], clear: [tidy(limit.limit + (limit.kind === 'above' ? -deadband : deadband))] }
  }
  const inwards = limit.kind === 'outside' ? deadband : -deadband
  return { raise: [limit.low, limit.high], clear: [tidy(limit.low + inwards), tidy(limit.high - inwards)] }
}

/** Milliseconds as a flow file has them: in the largest unit that needs no fraction. */
function durationText(milliseconds: number): string {
  const [unit, size] = units.find((each) => milliseconds % each[1] === 0) ?? ['ms', 1]
  return `${milliseconds / size}${unit}`
}

const units: readonly (readonly [string, number])[] = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
]

/** 8.3 - 1 is 7.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(12)) + 0
}
