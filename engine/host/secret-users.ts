import { reasonOf } from '../errors.ts'
import { secretsIn } from '../flow/index.ts'
import type { Plan } from '../flow/model.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../run/ports.ts'
import { defaultConnection } from '../spec/connection.ts'
import type { EngineStore } from '../store/index.ts'
import { createSecretStore } from '../store/secrets.ts'
import type { Flows } from './flows.ts'
import type { EngineOptions } from './options.ts'
import { Secrets } from './secrets.ts'

/** The secrets of an engine, as its options say. */
export function openSecrets(
  options: Pick<EngineOptions, 'environment' | 'data' | 'secret'>,
  store: EngineStore,
  clock: Clock,
  log: Log,
): Secrets {
  return new Secrets({
    store: createSecretStore(store.database),
    sources: { env: options.environment ?? process.env, data: options.data },
    given: options.secret,
    now: () => clock.now(),
    log,
  })
}

/** Tells secrets who uses them, and checks flows again when one that they name has changed. */
export function watchSecrets(
  secrets: Secrets,
  options: EngineOptions,
  plans: ReadonlyMap<string, Plan>,
  flows: Flows,
): void {
  const { log } = options
  secrets.users = () => secretUsers(options, plans, flows)
  secrets.changed = (name) => {
    const named = documentsOf(plans, flows).filter(({ nodes }) =>
      nodes.some(({ config }) => names(config).includes(name)),
    )
    flows.again(named.map(({ flow }) => flow)).catch((thrown: unknown) => {
      log?.('error', `flows with the secret ${name} could not be checked again: ${reasonOf(thrown)}`, thrown)
    })
  }
}

function secretUsers(
  options: EngineOptions,
  plans: ReadonlyMap<string, Plan>,
  flows: Flows,
): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, Set<string>>()
  const use = (name: string, user: string) => users.set(name, (users.get(name) ?? new Set()).add(user))
  for (const { flow, nodes } of documentsOf(plans, flows)) {
    for (const { id, config } of nodes) for (const name of names(config)) use(name, `${flow}/${id}`)
  }
  const connections = [{ name: defaultConnection, ...options.brokerAccess }, ...(options.connections ?? [])]
  for (const { name: connection, username, password } of connections) {
    for (const name of names([username, password])) use(name, `broker ${connection}`)
  }
  return new Map([...users].map(([name, who]) => [name, [...who]]))
}

/** What the files say, and what runs where it is something else. */
function documentsOf(plans: ReadonlyMap<string, Plan>, flows: Flows) {
  return [
    ...flows.list().map(({ flow }) => flows.get(flow).document),
    ...[...plans.values()].map(({ document }) => document),
  ]
}

function names(config: unknown): string[] {
  return secretsIn(config).map(({ name }) => name)
}
