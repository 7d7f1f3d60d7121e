import type { PlainLimit } from '../spec/alarm-limit.ts'
import { type Advice, type AdviceCandidate, type AdviceReason, type AdviceStatistics, isFewEnough } from './advice.ts'
import { type LimitSpec, tryLimits } from './candidates.ts'
import { type MeasureOptions, measure } from './measure.ts'
import { deadbandReason, delayReason, limitReason } from './reasons.ts'
import { niceStep, niceTime, roundTo } from './statistics.ts'

export interface AdviseOptions extends MeasureOptions {
  spec: LimitSpec
  /** Both unless said. */
  side?: PlainLimit['side'] | undefined
  /** Alarms a day that people can take, of all keys together. */
  perDay: number
}

/** Distances from the median that are tried, in deviations; from {@link outlier} on a value counts as far out. */
const distances = [2.5, 3, 3.5, 4, 5, 6, 8]
/** Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993: a modified z-score above 3.5. */
const outlier = 3.5
const tails = [0.99, 0.999]
/** Deadbands that are tried, in units of noise, and on-delays, in times between two values. */
const bands = [0, 1.5, 3, 6]
const usualBand = 3
const waits = [0, 2, 6, 12]
const usualWait = 2
/**
 * A larger deadband is worth it when it saves a fifth of the alarms. A longer delay, which tells everything later, is so where no delay
 * makes few enough alarms, and it saves more than half.
 */
const worthBand = 0.2
const worthWait = 0.51

/**
 * Looks for a limit, a deadband and an on-delay for a value: robust figures of its history give candidates, the alarm node itself shows
 * what each would have done. Reads the input four times. Throws what {@link measure} throws.
 */
export async function advise(options: AdviseOptions): Promise<Advice> {
  const { messages, first, last, statistics, series } = await measure(options)
  const days = first === null || last === null ? 0 : (last - first) / 86_400_000
  const sides: readonly PlainLimit['side'][] = options.side === undefined ? ['above', 'below'] : [options.side]
  const head = {
    topic: options.topic,
    value: options.value ?? 'payload',
    from: first,
    to: last,
    days,
    messages,
    statistics,
  }
  const badLines = options.input.badLines()
  if (first === null || last === null) return { ...head, badLines, candidates: [], reasons: [], series }
  const trial = { ...options, first, last, keys: statistics.keys }
  const grid = gridOf(statistics)
  const limits = await tryLimits(
    sides.flatMap((side) =>
      limitsFor(side, statistics, grid.step).map((limit) => ({
        side,
        limit,
        deadband: usualBandOf(limit, grid),
        onDelay: grid.wait,
      })),
    ),
    trial,
  )
  const found = sides.flatMap(
    (side) =>
      chosenLimit(
        limits.filter((one) => one.side === side),
        statistics,
        options.perDay,
      ) ?? [],
  )
  const tuned = await tryLimits(
    found.flatMap((limit) => variantsOf(limit, grid)),
    trial,
  )
  const settled = found.map((limit) =>
    settle(
      limit,
      tuned.filter(({ side }) => side === limit.side),
      options.perDay,
    ),
  )
  const finals = await tryLimits(settled.map(plain), trial)
  const candidates = merged([...finals.map((one) => ({ ...one, suggested: true })), ...limits, ...tuned])
  const reasons = finals.flatMap((final): AdviceReason[] => {
    const own = candidates.filter(({ side }) => side === final.side)
    const about = { final, candidates: own, statistics, perDay: options.perDay }
    const { side } = final
    return [
      { side, about: 'limit', text: limitReason(about) },
      { side, about: 'deadband', text: deadbandReason(about) },
      { side, about: 'onDelay', text: delayReason(about) },
    ]
  })
  return { ...head, badLines, candidates, reasons, series }
}

interface Grid {
  /** Of all values. */
  median: number
  /** To which limits are rounded. */
  step: number
  bands: number[]
  band: number
  /** Milliseconds. */
  waits: number[]
  wait: number
}

function gridOf({ median, deviation, noise, interval, least, most }: AdviceStatistics): Grid {
  const spread = deviation > 0 ? deviation : (most - least) / 6
  const step = spread > 0 ? niceStep(spread / 5) : 1
  const fine = noise > 0 ? niceStep(noise / 4) : step
  const band = (factor: number) => roundTo(Math.ceil((factor * noise) / fine - 1e-9) * fine, fine)
  const wait = (factor: number) => (factor === 0 || !(interval > 0) ? 0 : niceTime(factor * interval))
  return {
    median,
    step,
    bands: [...new Set(bands.map(band))],
    band: band(usualBand),
    waits: [...new Set(waits.map(wait))],
    wait: wait(usualWait),
  }
}

/** Limits on one side, the nearest to the median first. */
function limitsFor(side: PlainLimit['side'], statistics: AdviceStatistics, step: number): number[] {
  const { median, quantiles } = statistics
  const sign = side === 'above' ? 1 : -1
  const spread = spreadOf(side, statistics)
  if (!(spread > 0)) return []
  const tail = (share: number) => quantiles.find((one) => Math.abs(one.share - share) < 1e-9)?.value ?? median
  const wanted = [
    ...distances.map((distance) => median + sign * distance * spread),
    ...tails.map((share) => tail(side === 'above' ? share : 1 - share)),
  ].map((limit) => roundTo(limit, step))
  return [...new Set(wanted)]
    .filter((limit) => sign * (limit - median) > 0)
    .sort((left, right) => sign * (left - right))
}

/** The nearest limit that only values far out are beyond, and that makes no more alarms than people can take; else the farthest one. */
function chosenLimit(candidates: readonly AdviceCandidate[], statistics: AdviceStatistics, perDay: number) {
  const isFar = ({ limit, side }: AdviceCandidate) =>
    Math.abs(limit - statistics.median) >= (outlier - 0.1) * spreadOf(side, statistics)
  const far = candidates.filter(isFar)
  return far.find((one) => isFewEnough(one, perDay)) ?? candidates.at(-1)
}

/** The usual deviation; where most values are the same, a part of how far they reach on this side. */
function spreadOf(side: PlainLimit['side'], { median, deviation, least, most }: AdviceStatistics): number {
  if (deviation > 0) return deviation
  return (side === 'above' ? most - median : median - least) / 6
}

/** Deadbands with which an alarm at a limit is over before a value gets past the median: with a larger one it might never be. */
function bandsOf(limit: number, { bands, median }: Grid): number[] {
  return bands.filter((band) => band < Math.abs(limit - median))
}

function usualBandOf(limit: number, grid: Grid): number {
  return bandsOf(limit, grid).findLast((band) => band <= grid.band) ?? 0
}

/** The limit with every deadband and the usual delay, and with every delay and the usual deadband. */
function variantsOf({ side, limit, deadband: usual }: AdviceCandidate, grid: Grid): PlainLimit[] {
  return [
    ...bandsOf(limit, grid).map((deadband) => ({ side, limit, deadband, onDelay: grid.wait })),
    ...grid.waits.map((onDelay) => ({ side, limit, deadband: usual, onDelay })),
  ]
}

/** The smallest deadband and delay after which a larger one is not worth it; the usual ones where there was no alarm to learn from. */
function settle(limit: AdviceCandidate, variants: readonly AdviceCandidate[], perDay: number): AdviceCandidate {
  if (variants.every(({ alarms }) => alarms === 0)) return limit
  const byBand = variants
    .filter(({ onDelay }) => onDelay === limit.onDelay)
    .sort((left, right) => left.deadband - right.deadband)
  const byDelay = variants
    .filter(({ deadband }) => deadband === limit.deadband)
    .sort((left, right) => left.onDelay - right.onDelay)
  // Without any deadband noise alone makes alarms come and go some day, whatever this history shows.
  const { deadband } =
    knee(
      byBand.filter((one) => one.deadband > 0),
      worthBand,
    ) ?? limit
  const { onDelay } = byDelay.find((one) => isFewEnough(one, perDay)) ?? knee(byDelay, worthWait) ?? limit
  return { ...limit, deadband, onDelay }
}

/** The first one that no later one is worth taking instead. */
function knee(inOrder: readonly AdviceCandidate[], worth: number): AdviceCandidate | undefined {
  const isWorthIt = (one: AdviceCandidate, larger: AdviceCandidate) => {
    const saved = one.alarms - larger.alarms
    return saved > 0 && saved >= worth * one.alarms
  }
  return inOrder.find((one, place) => !inOrder.slice(place + 1).some((larger) => isWorthIt(one, larger)))
}

function plain({ side, limit, deadband, onDelay }: PlainLimit): PlainLimit {
  return { side, limit, deadband, onDelay }
}

/** Each limit, deadband and delay once, by side and limit; the suggested one stays. */
function merged(all: readonly AdviceCandidate[]): AdviceCandidate[] {
  const known = new Map<string, AdviceCandidate>()
  for (const one of all) {
    const name = JSON.stringify(plain(one))
    if (!known.has(name)) known.set(name, one)
  }
  return [...known.values()].sort(
    (left, right) =>
      left.side.localeCompare(right.side) ||
      left.limit - right.limit ||
      left.deadband - right.deadband ||
      left.onDelay - right.onDelay,
  )
}
