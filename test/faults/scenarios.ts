import { brokerKilled, brokerRestarts } from './brokers.ts'
import type { Outcome } from './check.ts'
import { killed, killedWithBroker } from './kill.ts'
import { network } from './network.ts'
import type { Plan } from './plan.ts'

/** A fault plan: what is done to an engine in traffic. It gives what was lost and repeated, against what is promised. */
export type Scenario = (plan: Plan) => Promise<Outcome>

/** All of them, by the name that `--only` takes. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  kill: killed,
  embedded: killedWithBroker,
  network,
  'broker-restarts': brokerRestarts,
  'broker-killed': brokerKilled,
}
