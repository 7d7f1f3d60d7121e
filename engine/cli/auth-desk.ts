import { existsSync } from 'node:fs'
import { consoleAdmin } from '../auth/index.ts'
import { rulewireError } from '../errors.ts'
import { noLog } from '../log.ts'
import type {
  ApiToken,
  NewToken,
  TokenList,
  TokenRequest,
  User,
  UserChange,
  UserList,
  UserRequest,
} from '../server/protocol-auth.ts'
import { askEngine, type EngineTarget } from './client.ts'
import { engineOptions } from './engine-options.ts'
import { flag, text } from './option.ts'

/** Options of the commands for users and API tokens. */
export const authDeskOptions = {
  ...engineOptions,
  data: text({
    value: 'DIR',
    fallback: undefined,
    help: 'Works on the data directory of an engine that does not run, instead of asking one that runs. Needs no token.',
  }),
  json: flag({ help: 'Prints JSON, for programs.' }),
}

/** Users and API tokens, of a running engine or of a data directory. */
export interface CommandDesk {
  users: {
    list(): Promise<User[]>
    add(request: UserRequest): Promise<User>
    change(name: string, change: UserChange): Promise<User>
    remove(name: string): Promise<void>
  }
  tokens: {
    list(): Promise<ApiToken[]>
    make(request: TokenRequest): Promise<NewToken>
    revoke(id: string): Promise<void>
  }
}

/**
 * Runs something with the desk that the options name. Throws what the engine answers, or for a data directory DATA_LOCKED while an
 * engine runs on it, and what the store throws.
 */
export function withDesk<Result>(
  target: EngineTarget & { data?: string | undefined },
  run: (desk: CommandDesk) => Promise<Result>,
): Promise<Result> {
  return target.data === undefined ? run(runningDesk(target)) : withDirectory(target.data, run)
}

function runningDesk(engine: EngineTarget): CommandDesk {
  const user = (name: string) => `/users/${encodeURIComponent(name)}`
  return {
    users: {
      list: async () => (await askEngine<UserList>(engine, '/users')).items,
      add: (request) => askEngine<User>(engine, '/users', request),
      change: (name, change) => askEngine<User>(engine, user(name), change, 'PUT'),
      remove: async (name) => void (await askEngine(engine, user(name), undefined, 'DELETE')),
    },
    tokens: {
      list: async () => (await askEngine<TokenList>(engine, '/tokens')).items,
      make: (request) => askEngine<NewToken>(engine, '/tokens', request),
      revoke: async (id) => void (await askEngine(engine, `/tokens/${encodeURIComponent(id)}`, undefined, 'DELETE')),
    },
  }
}

/** Who can write the data directory may do everything, so nobody asks who it is; the audit log says that it was done here. */
async function withDirectory<Result>(directory: string, run: (desk: CommandDesk) => Promise<Result>): Promise<Result> {
  // A typing error must not make a directory with a database that nobody uses.
  if (!existsSync(directory)) throw rulewireError('DATA_UNUSABLE', { directory, detail: 'there is no such directory' })
  const [{ openStore }, { AuthDesk }, { AuditDesk }] = await Promise.all([
    import('../store/index.ts'),
    import('../host/auth.ts'),
    import('../host/audit.ts'),
  ])
  const store = openStore(directory)
  try {
    const auth = new AuthDesk({ store, data: directory, now: Date.now, log: noLog })
    const audit = new AuditDesk({ store, now: Date.now, log: noLog })
    const did = (action: string, target: string) =>
      audit.note({ who: consoleAdmin, address: null, action, target, outcome: 'done' })
    return await run({
      users: {
        list: async () => auth.users.list(),
        add: async (request) => {
          const user = await auth.users.add(request)
          did('user.add', request.name)
          return user
        },
        change: async (name, change) => {
          const user = await auth.users.change(name, change)
          did('user.change', name)
          return user
        },
        remove: async (name) => {
          auth.users.remove(name)
          did('user.remove', name)
        },
      },
      tokens: {
        list: async () => auth.tokens.list(consoleAdmin),
        make: async (request) => {
          const token = auth.tokens.make(consoleAdmin, request)
          did('token.make', `${request.title} (${request.role})`)
          return token
        },
        revoke: async (id) => {
          auth.tokens.revoke(consoleAdmin, id)
          did('token.revoke', id)
        },
      },
    })
  } finally {
    store.close()
  }
}
