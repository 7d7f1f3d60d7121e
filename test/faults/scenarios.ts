import { badBroker } from './bad-broker.ts'
import { brokerKilled, brokerRestarts } from './brokers.ts'
import type { Outcome } from './check.ts'
import { clockFaults } from './clock.ts'
import { diskFaults, powerLoss, unusableData } from './disk.ts'
import { httpFaults } from './http.ts'
import { killed, killedWithBroker } from './kill.ts'
import { backlog, backpressure, deployInTraffic, fullOutbox } from './load.ts'
import { network } from './network.ts'
import type { Plan } from './plan.ts'
import { poison } from './poison.ts'

/** A fault plan: what is done to an engine in traffic. It gives what was lost and repeated, against what is promised. */
export type Scenario = (plan: Plan) => Promise<Outcome>

/** All of them, by the name that `--only` takes. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  kill: killed,
  embedded: killedWithBroker,
  network,
  'broker-restarts': brokerRestarts,
  'broker-killed': brokerKilled,
  'broker-bad': badBroker,
  disk: diskFaults,
  data: unusableData,
  power: powerLoss,
  clock: clockFaults,
  http: httpFaults,
  poison,
  backlog,
  deploy: deployInTraffic,
  backpressure,
  outbox: fullOutbox,
}
