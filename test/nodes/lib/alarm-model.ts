/** A plain model of the alarm, to compare the machine with: at each moment it looks at the whole history again. */

export interface ModelLevel {
  id: string
  above: number
  deadband: number
  onDelay: number
  offDelay: number
}

export interface ModelConfig {
  levels: ModelLevel[]
  minSamples: number
  maxGap: number
  count: { n: number; within: number } | undefined
  silence: number
}

interface Heard {
  at: number
  value: number
}

/**
 * Plays values, each with the time when it came, up to a time, moment by moment (milliseconds), and gives what must be told as
 * `time NAME level`, with the condition at the end.
 */
export function playModel(config: ModelConfig, values: readonly Heard[], end: number) {
  const told: string[] = []
  const on = new Map<string, boolean>()
  const clearedAt = new Map<string, number>()
  const heard: Heard[] = []
  let stale = false
  let level: string | undefined
  let recovering = false

  const last = () => heard.at(-1)
  /** The values at the end of the history that all pass a test. */
  const run = (test: (value: number) => boolean) => {
    const start = heard.findLastIndex(({ value }) => !test(value))
    return heard.slice(start + 1)
  }

  const shouldRise = (one: ModelLevel, now: number, arrived: boolean): boolean => {
    const beyond = (value: number) => value > one.above
    if (config.count !== undefined) {
      // Only a value that comes can be the one that makes enough.
      const { n, within } = config.count
      const counted = heard.filter(
        ({ at, value }, place) => beyond(value) && now - at <= within && place >= (clearedAt.get(one.id) ?? 0),
      )
      return arrived && beyond(last()?.value ?? 0) && counted.length >= n
    }
    if (now - (last()?.at ?? 0) > config.maxGap) return false
    const held = run(beyond)
    const gap = held.findLastIndex(({ at }, place) => place > 0 && at - (held[place - 1]?.at ?? 0) > config.maxGap)
    const hold = gap < 0 ? held : held.slice(gap)
    const [first] = hold
    return first !== undefined && now - first.at >= one.onDelay && hold.length >= config.minSamples
  }

  const shouldFall = (one: ModelLevel, now: number): boolean => {
    const [first] = run((value) => value <= one.above - one.deadband)
    return first !== undefined && now - first.at >= one.offDelay
  }

  const look = (now: number, arrived: boolean) => {
    if (stale) return
    for (const one of config.levels) {
      if (on.get(one.id) === true) {
        if (!shouldFall(one, now)) continue
        on.set(one.id, false)
        clearedAt.set(one.id, heard.length)
      } else if (shouldRise(one, now, arrived)) on.set(one.id, true)
    }
    const up = config.levels.filter(({ id }) => on.get(id) === true)
    const top = up.at(-1)
    const steady = up.some((one) => run((value) => value <= one.above - one.deadband).length === 0)
    if (top === undefined) {
      if (level !== undefined) told.push(`${now} CLEARED ${level}`)
      level = undefined
      recovering = false
    } else if (level === undefined) {
      level = top.id
      told.push(`${now} RAISED ${level}`)
    } else if (steady) {
      recovering = false
      const rank = (id: string) => config.levels.findIndex((one) => one.id === id)
      if (rank(top.id) !== rank(level))
        told.push(`${now} ${rank(top.id) > rank(level) ? 'ESCALATED' : 'DEESCALATED'} ${top.id}`)
      level = top.id
    } else recovering = true
  }

  let next = 0
  for (let now = 0; now <= end; now++) {
    if (heard.length > 0) look(now, false)
    if (!stale && heard.length > 0 && now - (last()?.at ?? 0) >= config.silence) {
      stale = true
      told.push(`${now} DATA_STALE ${level ?? '-'}`)
    }
    for (let value = values[next]; value !== undefined && value.at === now; value = values[++next]) {
      heard.push(value)
      if (stale) told.push(`${now} DATA_OK ${level ?? '-'}`)
      stale = false
      look(now, true)
    }
  }
  const condition = level === undefined ? 'NORMAL' : recovering ? 'RECOVERING' : 'ACTIVE'
  return { told, condition, level }
}
