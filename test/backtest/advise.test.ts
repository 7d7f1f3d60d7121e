import { describe, expect, it } from 'vitest'
import { type AdviseOptions, advise } from '../../engine/backtest/advise.ts'
import type { LimitSpec } from '../../engine/backtest/candidates.ts'
import {
  deviationOf,
  niceStep,
  niceTime,
  noiseOf,
  quantile,
  Reservoir,
  roundTo,
} from '../../engine/backtest/statistics.ts'
import { seededRandom } from '../../engine/run/random.ts'
import type { Packet } from '../../engine/spec/message.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { alarmPlan, backtest, inputOf, packet } from './samples.ts'

const spec = nodeSpecs.get('alarm') as LimitSpec // the node type with limits
const day = 86_400

function ask(packets: readonly Packet[], options: Partial<AdviseOptions> = {}) {
  const pace = { elapsed: () => 0, breathe: () => Promise.resolve() }
  return advise({ topic: 'rooms/{room}', perDay: 1, spec, input: inputOf(packets), ...pace, ...options })
}

/** Twelve numbers added up are nearly normally distributed, around 0 with a standard deviation of 1. */
function normal(random: () => number): number {
  return Array.from({ length: 12 }, random).reduce((sum, one) => sum + one, -6)
}

/** Ten days of a room, a value each five minutes around 20 with noise, and three hours at 30 on some days. */
function room(name: string, hotDays: readonly number[], seed = 1): Packet[] {
  const random = seededRandom(seed)
  return Array.from({ length: (10 * day) / 300 }, (_, place) => {
    const at = 300 * place
    const isHot = hotDays.includes(Math.floor(at / day)) && at % day < 3 * 3600
    return packet(at, `rooms/${name}`, { c: Number(((isHot ? 30 : 20) + normal(random)).toFixed(2)) })
  })
}

describe('the threshold adviser', () => {
  it('suggests a limit between what is usual and what is out of the ordinary, with a deadband for the noise', async () => {
    const advice = await ask(room('attic', [2, 5, 8]), { value: 'payload.c', side: 'above' })
    const [suggested, ...others] = advice.candidates.filter((one) => one.suggested)
    expect(others).toEqual([])
    expect(suggested).toMatchObject({ side: 'above', alarms: 3, keys: 1 })
    expect(suggested?.limit).toBeGreaterThan(23)
    expect(suggested?.limit).toBeLessThan(29)
    expect(suggested?.deadband).toBeGreaterThan(1)
    expect(suggested?.perDay).toBeCloseTo(0.3, 1)
    expect(advice.reasons.map(({ about }) => about)).toEqual(['limit', 'deadband', 'onDelay'])
    expect(advice.statistics).toMatchObject({ count: 2880, skipped: 0, keys: 1, interval: 300_000 })
    expect(advice.statistics.deviation).toBeCloseTo(1, 0)
    expect(advice.statistics.noise).toBeCloseTo(1, 0)
  })

  it('counts for each candidate the alarms that a backtest of a flow with it counts', async () => {
    const packets = [...room('attic', [2, 5], 1), ...room('hall', [7], 2)].sort(
      (left, right) => left.received - right.received,
    )
    const { candidates } = await ask(packets, { value: 'payload.c', key: 'params.room' })
    expect(candidates.length).toBeGreaterThan(20)
    for (const { config, alarms, keys } of candidates) {
      const result = await backtest({ plan: alarmPlan({ value: 'payload.c', ...config }), input: inputOf(packets) })
      expect({
        config,
        alarms: result.alarms.total,
        keys: new Set(result.alarms.spans.map(({ key }) => key)).size,
      }).toEqual({ config, alarms, keys })
    }
  })

  it('keeps to the alarms a day that people can take, as far as it goes', async () => {
    const random = seededRandom(3)
    const packets = Array.from({ length: 2880 }, (_, place) =>
      packet(300 * place, 'rooms/attic', 20 + normal(random) + (random() < 0.02 ? 5 + 5 * random() : 0)),
    )
    const rates = []
    for (const perDay of [10, 3, 0.5]) {
      const { candidates } = await ask(packets, { side: 'above', perDay })
      const suggested = candidates.find((one) => one.suggested)
      expect(suggested?.perDay).toBeLessThanOrEqual(perDay * 1.02)
      rates.push(suggested?.limit ?? 0)
    }
    expect(rates).toEqual(rates.toSorted((left, right) => left - right))
  })

  it('says so where there is nothing to learn from', async () => {
    const none = await ask([packet(0, 'rooms/attic', 'warm'), packet(1, 'garden', 1)])
    expect(none).toMatchObject({
      messages: 1,
      candidates: [],
      reasons: [],
      statistics: { count: 0, skipped: 1 },
      series: null,
    })
    const same = await ask([0, 10, 20].map((at) => packet(at, 'rooms/attic', 5)))
    expect(same.candidates).toEqual([])
    await expect(ask([], { value: 'payload.' })).rejects.toMatchObject({ code: 'EXPRESSION_SYNTAX' })
    await expect(ask([], { topic: 'a/#/b' })).rejects.toMatchObject({ code: 'TOPIC_FILTER' })
  })

  it('keeps what lasts, as long as the alarms are few enough', async () => {
    const random = seededRandom(4)
    // On seven of ten days twenty minutes far below, and now and then a single wild value above.
    const packets = Array.from({ length: 2880 }, (_, place) => {
      const isLow = place % 288 >= 284 && place < 7 * 288
      return packet(300 * place, 'rooms/attic', 20 + normal(random) - (isLow ? 12 : 0) + (place % 100 === 50 ? 12 : 0))
    })
    const { candidates, reasons } = await ask(packets)
    const [above, below] = candidates.filter((one) => one.suggested)
    // A delay of half an hour would leave nothing of what is below.
    expect(below?.alarms).toBeGreaterThanOrEqual(7)
    expect(below?.onDelay).toBeLessThanOrEqual(600_000)
    expect(above).toMatchObject({ side: 'above', alarms: 0, onDelay: 600_000 })
    const why = reasons.find(({ side, about }) => side === 'above' && about === 'limit')?.text
    expect(why).toMatch(
      /it would have made no alarm: the highest value, 3\d(\.\d)?, was not beyond it for long enough\.$/,
    )
  })

  it('has no limit on a side where nothing is, no deadband beyond the median, and says when it guesses', async () => {
    const spike = Array.from({ length: 500 }, (_, place) => packet(place * 60, 'rooms/attic', place === 250 ? 1e9 : 20))
    const found = await ask(spike)
    expect(new Set(found.candidates.map(({ side }) => side))).toEqual(new Set(['above']))
    const flips = Array.from({ length: 500 }, (_, place) => packet(place * 60, 'rooms/attic', place % 2 === 0 ? 1 : 9))
    const { candidates } = await ask(flips)
    expect(candidates.every(({ limit, deadband }) => deadband < Math.abs(limit - 5))).toBe(true)
    // Two faults in two days that lack five minutes are one a day.
    const two = Array.from({ length: 576 }, (_, place) => {
      const fault = place % 288 > 100 && place % 288 < 112
      return packet(300 * place, 'rooms/attic', fault ? 50 : 90 + Math.sin(place / 7) + Math.sin(place * 1.7))
    })
    expect((await ask(two, { side: 'below' })).candidates.find((one) => one.suggested)).toMatchObject({ alarms: 2 })
    const few = await ask([5, 6, 5.5].map((value, at) => packet(at * 60, 'rooms/attic', value)))
    expect(few.reasons[0]?.text).toContain('There are only 3 values, so it is a guess.')
  })

  it('gives the same answer each time, and however its input is cut', async () => {
    const packets = room('attic', [1, 2, 3])
    const options = { value: 'payload.c' }
    const whole = await ask(packets, options)
    expect(await ask(packets, { ...options, input: inputOf(packets, 7) })).toEqual(whole)
  })
})

describe('statistics', () => {
  it('are robust: a few wild values move them little', () => {
    const random = seededRandom(5)
    const values = Array.from({ length: 2000 }, () => 10 + 2 * normal(random))
    const wild = [...values, ...Array.from({ length: 40 }, () => 10_000)]
    const [plain, disturbed] = [values, wild].map((all) => deviationOf(Float64Array.from(all).sort()))
    expect(plain).toBeCloseTo(2, 0)
    expect(Math.abs((disturbed ?? 0) - (plain ?? 0))).toBeLessThan(0.1)
    const steps = Float64Array.from(
      values.slice(1).map((value, place) => Math.abs(value - (values[place] ?? 0))),
    ).sort()
    expect(noiseOf(steps)).toBeCloseTo(2, 0)
  })

  it('take quantiles between values', () => {
    expect([0, 0.25, 0.5, 1].map((share) => quantile([1, 2, 3, 4, 5], share))).toEqual([1, 2, 3, 5])
    expect(quantile([1, 2], 0.5)).toBe(1.5)
    expect(quantile([], 0.5)).toBeNaN()
  })

  it('keep a fair sample of a long stream', () => {
    const sample = new Reservoir(500, seededRandom(1))
    for (let value = 0; value < 100_000; value++) sample.add(value)
    const sorted = sample.sorted()
    expect([sorted.length, sample.count]).toEqual([500, 100_000])
    expect(Math.abs(quantile(sorted, 0.5) - 50_000)).toBeLessThan(10_000)
  })

  it('are rounded to what people would write', () => {
    expect([0.7, 1, 3, 7, 12, 0.013].map(niceStep)).toEqual([0.5, 1, 2, 5, 10, 0.01])
    expect([roundTo(7.34, 0.5), roundTo(0.30000000000000004, 0.1)]).toEqual([7.5, 0.3])
    expect([800, 61_000, 600_000, 90_000_000].map(niceTime)).toEqual([1000, 120_000, 600_000, 172_800_000])
  })
})
