import { type BacktestOptions, runBacktest } from '../../engine/backtest/backtest.ts'
import type { RecordedInput } from '../../engine/backtest/recorded.ts'
import { checkFlow } from '../../engine/flow/index.ts'
import type { NodeEntry, Plan, WireEntry } from '../../engine/flow/model.ts'
import type { Packet } from '../../engine/spec/message.ts'
import { openScratchTables } from '../../engine/store/scratch.ts'
import { nodeSpecs } from '../../nodes/index.ts'

export const start = Date.UTC(2026, 0, 1)

/** A plan of nodes and wires, or of a whole document. */
export function planOf(document: { flow?: string; nodes: NodeEntry[]; wires: WireEntry[] }): Plan {
  const { plan, problems } = checkFlow({ flow: 'sample', ...document }, { specs: nodeSpecs })
  if (plan === undefined) throw new Error(problems.map(({ text }) => text).join(' '))
  return plan
}

/** A source and an alarm behind it. */
export function alarmPlan(config: Record<string, unknown>): Plan {
  return planOf({
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'rooms/{room}' } },
      { id: 'hot', type: 'alarm', config: { key: 'params.room', ...config } },
    ],
    wires: [{ from: 'in.out', to: 'hot.in' }],
  })
}

/** A message `at` seconds after the start. */
export function packet(at: number, topic: string, payload: unknown): Packet {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
  return { connection: 'default', topic, payload: bytes, qos: 1, retain: false, props: {}, received: start + at * 1000 }
}

/** Packets in pieces of a size. Each reading gets packets of its own, as nodes leave marks in them. */
export function inputOf(packets: readonly Packet[], size = 1000): RecordedInput {
  async function* pieces(): AsyncGenerator<Packet[]> {
    for (let at = 0; at < packets.length; at += size) yield packets.slice(at, at + size).map((one) => ({ ...one }))
  }
  return { pieces, total: () => packets.length, done: () => null, badLines: () => ({ count: 0, first: [] }) }
}

/** Runs a backtest with what a test does not care about filled up. */
export function backtest(options: Pick<BacktestOptions, 'plan' | 'input'> & Partial<BacktestOptions>) {
  return runBacktest({
    tables: openScratchTables,
    seed: 1,
    width: 100,
    tolerance: 600_000,
    elapsed: () => 0,
    breathe: () => Promise.resolve(),
    ...options,
  })
}
