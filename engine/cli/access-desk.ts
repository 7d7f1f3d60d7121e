import { existsSync } from 'node:fs'
import { consoleAdmin } from '../auth/index.ts'
import { rulewireError } from '../errors.ts'
import { noLog } from '../log.ts'
import type { BrokerUser, BrokerUserChange } from '../server/protocol-broker-users.ts'
import type { SecretInfo } from '../server/protocol-secrets.ts'
import { askEngine, type EngineTarget } from './client.ts'

/** Secrets and users of the embedded broker, of a running engine or of a data directory. */
export interface AccessDesk {
  secrets: {
    list(): Promise<SecretInfo[]>
    set(name: string, value: string): Promise<SecretInfo>
    remove(name: string, force: boolean): Promise<void>
    rotate(): Promise<{ rotated: number }>
  }
  brokerUsers: {
    list(): Promise<BrokerUser[]>
    put(name: string, change: BrokerUserChange): Promise<BrokerUser>
    remove(name: string): Promise<void>
  }
}

/**
 * Runs something with the desk that the options name. Throws what the engine answers, or for a data directory DATA_LOCKED while an
 * engine runs on it, and what the store throws.
 *
 * @param env variables of the command: the key for secrets may be among them
 */
export function withAccess<Result>(
  target: EngineTarget & { data?: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
  run: (desk: AccessDesk) => Promise<Result>,
): Promise<Result> {
  return target.data === undefined ? run(runningDesk(target)) : withDirectory(target.data, env, run)
}

function runningDesk(engine: EngineTarget): AccessDesk {
  const secret = (name: string) => `/secrets/${encodeURIComponent(name)}`
  const user = (name: string) => `/broker-users/${encodeURIComponent(name)}`
  return {
    secrets: {
      list: () => askEngine<SecretInfo[]>(engine, '/secrets'),
      set: (name, value) => askEngine<SecretInfo>(engine, secret(name), { value }, 'PUT'),
      remove: async (name, force) => void (await askEngine(engine, `${secret(name)}/remove`, { force })),
      rotate: () => askEngine<{ rotated: number }>(engine, '/secrets/rotate-key', {}),
    },
    brokerUsers: {
      list: () => askEngine<BrokerUser[]>(engine, '/broker-users'),
      put: (name, change) => askEngine<BrokerUser>(engine, user(name), change, 'PUT'),
      remove: async (name) => void (await askEngine(engine, user(name), undefined, 'DELETE')),
    },
  }
}

/** Who can write the data directory may do everything, so nobody asks who it is; the audit log says that it was done here. */
async function withDirectory<Result>(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  run: (desk: AccessDesk) => Promise<Result>,
): Promise<Result> {
  // A typing error must not make a directory with a database that nobody uses.
  if (!existsSync(directory)) throw rulewireError('DATA_UNUSABLE', { directory, detail: 'there is no such directory' })
  const [{ openStore }, { openSecrets }, { openBrokerUsers }, { AuditDesk }, { systemClock: clock }] =
    await Promise.all([
      import('../store/index.ts'),
      import('../host/secret-users.ts'),
      import('../host/broker-access.ts'),
      import('../host/audit.ts'),
      import('../clock.ts'),
    ])
  const store = openStore(directory)
  try {
    const secrets = openSecrets({ data: directory, environment: env }, store, clock, noLog)
    const users = openBrokerUsers({}, { store, secrets, clock, log: noLog })
    const audit = new AuditDesk({ store, now: () => clock.now(), log: noLog })
    const did = <Done>(action: string, target: string, done: Done): Done => {
      audit.note({ who: consoleAdmin, address: null, action, target, outcome: 'done' })
      return done
    }
    return await run({
      secrets: {
        list: async () => secrets.list(),
        set: async (name, value) => did('secret.set', name, secrets.set(name, value)),
        remove: async (name, force) => did('secret.remove', name, secrets.remove(name, force)),
        rotate: async () => did('secret.rotate-key', '', secrets.rotate()),
      },
      brokerUsers: {
        list: async () => users.list(),
        put: async (name, change) => did('broker-user.change', name, await users.put(name, change)),
        remove: async (name) => did('broker-user.remove', name, users.remove(name)),
      },
    })
  } finally {
    store.close()
  }
}
