/** An expression, and the same in JavaScript that takes nothing for granted. */
export interface Contender {
  readonly text: string
  readonly hand: (message: unknown) => unknown
}

const readings = Array.from({ length: 20 }, (_, index) => ({ temp: 20 + index, hum: 40 + index, id: `r${index}` }))

/** A message as the engine hands it to an expression. */
export const message = {
  topic: 'sensors/s-0042/climate',
  payload: {
    device: 's-0042',
    ts: 1760000000000,
    temperature: 31.24,
    humidity: 41.2,
    battery: 3.71,
    a: { b: { c: 7 } },
    map: { 's-0041': 'kitchen', 's-0042': 'cellar' },
    readings,
    level: 2,
  },
  time: 1760000000000,
  received: 1760000000005,
  params: { id: 's-0042' },
  retain: false,
  qos: 1,
  props: {},
  key: 'sensors/s-0042/climate',
  id: 'm-1',
}

type Dict = Record<string, unknown>

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Dict)[name] : undefined
}

function payload(value: unknown, name: string): unknown {
  return field(field(value, 'payload'), name)
}

function more(left: unknown, right: number): boolean | undefined {
  if (left === undefined) return undefined
  if (typeof left !== 'number') throw new TypeError('not a number')
  return left > right
}

function times(left: unknown, right: number): number | undefined {
  if (left === undefined) return undefined
  if (typeof left !== 'number') throw new TypeError('not a number')
  return left * right
}

function over(left: number | undefined, right: number): number | undefined {
  return left === undefined ? undefined : left / right
}

function plus(left: number | undefined, right: number): number | undefined {
  return left === undefined ? undefined : left + right
}

function hot(value: unknown): unknown[] {
  const list = payload(value, 'readings')
  return Array.isArray(list) ? list.filter((one) => more(field(one, 'temp'), 30) === true) : []
}

function temps(list: unknown): number[] {
  const result: number[] = []
  if (!Array.isArray(list)) return result
  for (const one of list) {
    const temp = field(one, 'temp')
    if (typeof temp !== 'number') throw new TypeError('not a number')
    result.push(temp)
  }
  return result
}

function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}

/** A temperature that does not lie half way between two tenths. */
function round(value: unknown): number | undefined {
  return typeof value === 'number' ? Math.round(value * 10) / 10 : undefined
}

export const expressions: readonly Contender[] = [
  { text: 'payload.temperature > 30', hand: (m) => more(payload(m, 'temperature'), 30) },
  {
    text: '{"device": payload.device, "alert": "high", "value": $round(payload.temperature, 1), "f": payload.temperature * 9/5 + 32}',
    hand: (m) => ({
      device: payload(m, 'device'),
      alert: 'high',
      value: round(payload(m, 'temperature')),
      f: plus(over(times(payload(m, 'temperature'), 9), 5), 32),
    }),
  },
  { text: 'payload.a.b.c', hand: (m) => field(field(payload(m, 'a'), 'b'), 'c') },
  { text: 'payload.temperature * 1.8 + 32', hand: (m) => plus(times(payload(m, 'temperature'), 1.8), 32) },
  {
    text: 'topic & ":" & payload.device & "!"',
    hand: (m) => `${String(field(m, 'topic') ?? '')}:${String(payload(m, 'device') ?? '')}!`,
  },
  { text: 'payload.readings[temp > 30]', hand: hot },
  {
    text: '$lookup(payload.map, payload.device)',
    hand: (m) => {
      const device = payload(m, 'device')
      return typeof device === 'string' ? field(payload(m, 'map'), device) : undefined
    },
  },
  { text: '$sum(payload.readings.temp)', hand: (m) => sum(temps(payload(m, 'readings'))) },
  {
    text: 'payload.level = 1 ? "low" : payload.level = 2 ? "middle" : "high"',
    hand: (m) => {
      const level = payload(m, 'level')
      return level === 1 ? 'low' : level === 2 ? 'middle' : 'high'
    },
  },
  {
    text: '{"device": {"id": payload.device, "battery": payload.battery}, "climate": {"t": payload.temperature, "h": payload.humidity}, "at": payload.ts}',
    hand: (m) => ({
      device: { id: payload(m, 'device'), battery: payload(m, 'battery') },
      climate: { t: payload(m, 'temperature'), h: payload(m, 'humidity') },
      at: payload(m, 'ts'),
    }),
  },
  {
    text: '$average(payload.readings[temp > 30].temp)',
    hand: (m) => {
      const values = temps(hot(m))
      return values.length === 0 ? undefined : sum(values) / values.length
    },
  },
  {
    text: '$map(payload.readings, function($r){$r.temp * 2})',
    hand: (m) => {
      const list = payload(m, 'readings')
      return Array.isArray(list) ? list.map((one) => times(field(one, 'temp'), 2)) : undefined
    },
  },
  {
    text: 'payload.temperature > 30 and payload.humidity < 50 or payload.battery < 3.5',
    hand: (m) => {
      const humidity = payload(m, 'humidity')
      const battery = payload(m, 'battery')
      const isHot = more(payload(m, 'temperature'), 30) === true
      return (isHot && typeof humidity === 'number' && humidity < 50) || (typeof battery === 'number' && battery < 3.5)
    },
  },
]
