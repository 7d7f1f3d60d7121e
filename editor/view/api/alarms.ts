import type { AlarmHealth, AlarmHistory, AlarmList } from '../../../engine/server/protocol.ts'
import type { Call } from './call.ts'

/** Looking back at alarms. */
export interface AlarmsClient {
  /** All keys of a node, those that are plain normal too. */
  keys(flow: string, node: string): Promise<AlarmList>
  /** Transitions, newest first; only those before an id if one is given. */
  history(before?: number): Promise<AlarmHistory>
  /** `from`: UTC milliseconds. */
  health(from: number): Promise<AlarmHealth>
}

export function alarmsClient(call: Call): AlarmsClient {
  return {
    keys: (flow, node) => call('GET', `alarms?${new URLSearchParams({ flow, node, all: 'true', limit: '500' })}`),
    history: (before) => call('GET', `alarms/history?limit=100${before === undefined ? '' : `&before=${before}`}`),
    health: (from) => call('GET', `alarms/health?from=${Math.round(from)}&top=10`),
  }
}
