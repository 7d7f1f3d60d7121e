import { type AdviceCandidate, type AdviceStatistics, isFewEnough } from './advice.ts'

/** What a sentence about a suggestion says. */
export interface ReasonAbout {
  final: AdviceCandidate
  /** All of its side. */
  candidates: readonly AdviceCandidate[]
  statistics: AdviceStatistics
  /** Alarms a day that people can take. */
  perDay: number
}

/** Fewer values than that tell little about what is ordinary. */
const fewValues = 100

/** Why this limit. */
export function limitReason({ final, candidates, statistics, perDay }: ReasonAbout): string {
  const { median, deviation, least, most } = statistics
  const { limit, side } = final
  const by = Math.abs(limit - median)
  const times = deviation > 0 ? `${short(by / deviation)} times the usual deviation of ${short(deviation)}` : short(by)
  const guess = statistics.count < fewValues ? ` There are only ${statistics.count} values, so it is a guess.` : ''
  const far = `${limit} is ${side} the median ${short(median)} by ${times}, so what is beyond it is out of the ordinary`
  if (!isFewEnough(final, perDay)) {
    const best = candidates.some((one) => isFewEnough(one, perDay)) ? '' : ', and nothing that was tried makes fewer'
    return `${far}; it would have made ${rate(final)}, more than the ${short(perDay)} a day that are wanted${best}.${guess}`
  }
  if (final.alarms === 0) {
    const [word, value] = side === 'above' ? ['highest', most] : ['lowest', least]
    const isBeyond = side === 'above' ? value > limit : value < limit
    const why = isBeyond ? `, ${short(value)}, was not beyond it for long enough` : ` was ${short(value)}`
    return `${far}; it would have made no alarm: the ${word} value${why}.${guess}`
  }
  const nearer = candidates.filter((one) => isNearer(one, final) && !isFewEnough(one, perDay))
  const next = nearer.at(side === 'above' ? -1 : 0)
  return `${far}; it would have made ${rate(final)}${next === undefined ? '' : `, ${next.limit} would have made ${rate(next)}`}.${guess}`
}

/** Why this deadband. */
export function deadbandReason({ final, candidates, statistics }: ReasonAbout): string {
  const { noise } = statistics
  if (!(noise > 0)) return 'As a rule it does not change from one value to the next, so there is no noise to hold off.'
  const { deadband } = final
  const size = `From one value to the next it changes by ${short(noise)} by chance; ${deadband} is ${short(deadband / noise)} times that`
  const { none, chosen } = effectOf(candidates, final, 'deadband')
  if (none === undefined || chosen === undefined || none.alarms === 0) return `${size}.`
  if (chosen.alarms === none.alarms) return `${size}; over this history it makes no difference.`
  return `${size}: ${counted(chosen)} instead of ${none.alarms} without one.`
}

/** Why this on-delay. */
export function delayReason({ final, candidates, statistics, perDay }: ReasonAbout): string {
  const { onDelay } = final
  const every = `Values come every ${time(statistics.interval)}`
  const { none, chosen, longest } = effectOf(candidates, final, 'onDelay')
  if (onDelay === 0 && none !== undefined && isFewEnough(none, perDay)) {
    return `${every}; without a delay, which tells everything later, there would have been ${rate(none)}, which is few enough.`
  }
  if (onDelay === 0) {
    const tried =
      longest === undefined || none === undefined || none.alarms === 0
        ? ''
        : `: ${time(longest.onDelay)} would have made ${longest.alarms} of ${counted(none)}`
    return `${every}; no delay would have saved more than half of the alarms${tried}.`
  }
  const passed = `${every}; what lasts less than ${time(onDelay)} is passed over`
  if (none === undefined || chosen === undefined || none.alarms === 0) return `${passed}.`
  return `${passed}: ${counted(chosen)} instead of ${none.alarms} without a delay.`
}

/** What a field did while the other one stayed the same: the candidates of the limit among which it was tried. */
function effectOf(candidates: readonly AdviceCandidate[], final: AdviceCandidate, field: 'deadband' | 'onDelay') {
  const other = field === 'deadband' ? 'onDelay' : 'deadband'
  const groups = Map.groupBy(
    candidates.filter(({ limit }) => limit === final.limit),
    (one) => one[other],
  )
  const [group = []] = [...groups.values()].sort((left, right) => right.length - left.length)
  const inOrder = group.toSorted((left, right) => left[field] - right[field])
  return {
    none: inOrder.find((one) => one[field] === 0),
    chosen: inOrder.find((one) => one[field] === final[field]),
    longest: inOrder.filter((one) => one[field] > 0).at(-1),
  }
}

function isNearer(one: AdviceCandidate, final: AdviceCandidate): boolean {
  return final.side === 'above' ? one.limit < final.limit : one.limit > final.limit
}

function counted({ alarms }: AdviceCandidate): string {
  return `${alarms} alarm${alarms === 1 ? '' : 's'}`
}

function rate({ alarms, perDay }: AdviceCandidate): string {
  return `${alarms} alarm${alarms === 1 ? '' : 's'} (${short(perDay)} a day)`
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}

function time(milliseconds: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const
  const [unit, size] = units.find((each) => milliseconds >= each[1]) ?? ['ms', 1]
  return `${short(milliseconds / size)}${unit}`
}
