import { bestMethod, decoyHash, type HashMethod, hashPassword, isPassword } from '../auth/index.ts'
import type { Log } from '../log.ts'
import { isLoopbackAddress } from '../net/address.ts'
import type { Clock } from '../run/ports.ts'
import { createBrokerUserStore } from '../store/broker-users.ts'
import type { EngineStore } from '../store/index.ts'
import type { PasswordHashing } from './broker-logins.ts'
import { BrokerUserDesk } from './broker-users.ts'
import type { EngineOptions } from './options.ts'
import { openSecrets } from './secret-users.ts'
import type { Secrets } from './secrets.ts'

export interface BrokerAccessParts {
  readonly store: EngineStore
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Log
}

/** Secrets, and the users of the embedded broker, whose passwords may be some. */
export interface Access {
  readonly secrets: Secrets
  readonly brokerUsers: BrokerUserDesk
}

/** Opens both of a data directory. */
export function openAccess(options: EngineOptions, store: EngineStore, clock: Clock, log: Log): Access {
  const secrets = openSecrets(options, store, clock, log)
  return { secrets, brokerUsers: openBrokerUsers(options, { store, secrets, clock, log }) }
}

/** Devices come in crowds, and their passwords are long and made by machines: less memory than for people (19 MiB, RFC 9106). */
const deviceMethod: HashMethod =
  bestMethod.name === 'argon2id'
    ? { name: 'argon2id', memory: 19_456, passes: 2, lanes: 1 }
    : { name: 'scrypt', cost: 14, block: 8, lanes: 1 }

const hashing: PasswordHashing = {
  hash: (password) => hashPassword(password, deviceMethod),
  isPassword,
  decoy: () => decoyHash(deviceMethod),
}

/** The users of the embedded broker, as options and database say. */
export function openBrokerUsers(
  options: Pick<EngineOptions, 'mqtt' | 'broker'>,
  { store, secrets, clock, log }: BrokerAccessParts,
): BrokerUserDesk {
  const { host = '127.0.0.1', anonymous = isLoopbackHost(host), users = {} } = options.mqtt ?? {}
  const fixed = Object.entries(users).map(([name, { password, disabled, rules }]) => {
    const read = password === undefined ? undefined : () => secrets.valueOrNone(password.$secret)
    return [name, { rules, disabled, password: read }] as const
  })
  const desk = new BrokerUserDesk({
    store: createBrokerUserStore(store.database),
    fixed: new Map(fixed),
    anonymous,
    hashing,
    now: () => clock.now(),
    log,
  })
  if (!isLoopbackHost(host) && anonymous && options.broker === undefined) {
    log('warn', `the broker on ${host} asks for no login: everybody who reaches it may read and publish everything`)
  } else if (!anonymous && !desk.any && options.broker === undefined) {
    log('warn', 'nobody can log in to the broker yet: add a user with "rulewire broker-users add NAME"')
  }
  return desk
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host)
}
