/** What somebody may do; each may do what those before it may. */
export type Role = 'viewer' | 'operator' | 'editor' | 'admin'

/** From the least to the most. */
export const roles: readonly Role[] = ['viewer', 'operator', 'editor', 'admin']

/** What a route or a message needs: nothing, or at least a role. */
export type Access = 'anyone' | Role

/** Who asks. */
export interface Principal {
  /** The user's name; of a token its owner's, or its title when it has none; "local" without a login, "-" for nobody. */
  readonly name: string
  readonly role: Role | 'nobody'
  /** `nobody`: not logged in. `local`: without a login. `user`: with a session. `token`: with an API token. `console`: on the data directory. */
  readonly kind: 'nobody' | 'local' | 'user' | 'token' | 'console'
  /** The user that it belongs to, with a session or through a token. */
  readonly user?: string
  /** Hash of the session that it came with; never its id. */
  readonly session?: string
  /** The API token that it came with. */
  readonly token?: { readonly id: string; readonly title: string; readonly expires: number | null }
}

/** Who is not logged in: may use what is open to anyone. */
export const nobody: Principal = { name: '-', role: 'nobody', kind: 'nobody' }

/** Who reaches an engine that asks for no login. */
export const localAdmin: Principal = { name: 'local', role: 'admin', kind: 'local' }

/** Who works on the data directory of an engine that does not run. */
export const consoleAdmin: Principal = { name: 'console', role: 'admin', kind: 'console' }

/** Whether a role is enough for an access. Anything that is no role is enough for nothing but `anyone`. */
export function isAllowed(role: Principal['role'], access: Access): boolean {
  return access === 'anyone' || (rankOf(role) >= 0 && rankOf(role) >= rankOf(access))
}

/** The role that may do less. */
export function lesserRole(one: Role, other: Role): Role {
  return rankOf(one) <= rankOf(other) ? one : other
}

/** Whether a text names a role. */
export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text)
}

function rankOf(role: Principal['role']): number {
  return roles.indexOf(role as Role) // "nobody" is not among them: -1
}
