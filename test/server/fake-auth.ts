import { AuditDesk } from '../../engine/host/audit.ts'
import { AuthDesk } from '../../engine/host/auth.ts'
import { noLog } from '../../engine/log.ts'
import { openStore } from '../../engine/store/index.ts'

/** Hashes that cost nothing: what is tested is who gets in, not how slowly. */
export const cheapMethod = { name: 'scrypt', cost: 4, block: 1, lanes: 1 } as const

/** Users and audit log as they are, on a database in memory. */
export function fakeAuth(now: () => number = Date.now) {
  const store = openStore(':memory:')
  return {
    auth: new AuthDesk({ store, data: ':memory:', method: cheapMethod, now, log: noLog }),
    audit: new AuditDesk({ store, now, log: noLog }),
  }
}
