/** How long sessions live, in milliseconds. */
export interface SessionLimits {
  /** Without anything asked in it. */
  readonly idle: number
  /** In all. */
  readonly life: number
  /** Of one user; the one that was used longest ago goes. */
  readonly perUser: number
}

export const defaultSessionLimits: SessionLimits = { idle: 12 * 3_600_000, life: 7 * 86_400_000, perUser: 20 }

/** Uses of a session or token within this time are written once, milliseconds. */
export const usePrecision = 60_000

/** When a session ends if nothing is asked in it from now on, and at the latest. UTC milliseconds. */
export function sessionEnds(
  { created, seen }: { created: number; seen: number },
  { idle, life }: SessionLimits,
): { idle: number; expires: number } {
  const expires = created + life
  return { idle: Math.min(seen + idle, expires), expires }
}
