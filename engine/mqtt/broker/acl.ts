import { BoundedCache } from '../../spec/cache.ts'
import { filterCovers, topicFilterFault } from '../../spec/topics.ts'

/** What a user may do with the topics of a filter. `%u` in it stands for the user's name, `%c` for the client id. */
export interface AclRule {
  readonly action: 'publish' | 'subscribe' | 'both'
  readonly filter: string
}

/** What one client of one user may do. Whatever no rule allows is denied. */
export interface Rights {
  mayPublish(topic: string): boolean
  /** Only a filter that lies wholly within a rule's: then nothing can come that is not allowed, retained messages neither. */
  maySubscribe(filter: string): boolean
}

/** Topics whose answer is remembered for each client. */
const remembered = 256
/** Longer topics are not, so that nobody fills the memory with them. */
const longestRemembered = 512

/** Why a text cannot be the filter of a rule; undefined when it can. */
export function ruleFilterFault(filter: string): string | undefined {
  if (filter.startsWith('$')) return 'topics that start with "$" belong to the broker'
  if (/[{}]/.test(filter))
    return '"{" and "}" have no meaning here; write + for any level, %u for the user, %c for the client id'
  return topicFilterFault(filter.replaceAll(/%[uc]/g, 'x'))
}

/** The rights that rules give to a client. A rule whose `%u` or `%c` cannot be filled in safely gives none. */
export function rightsOf(
  rules: readonly AclRule[],
  who: { readonly user: string | undefined; readonly clientId: string },
): Rights {
  const filled = rules.flatMap(({ action, filter }) => {
    const own = fill(filter, who)
    return own === undefined ? [] : [{ action, filter: own }]
  })
  const publishing = filled.filter(({ action }) => action !== 'subscribe').map(({ filter }) => filter)
  const subscribing = filled.filter(({ action }) => action !== 'publish').map(({ filter }) => filter)
  const known = new BoundedCache<string, boolean>(remembered)
  return {
    mayPublish(topic) {
      const answer = known.get(topic)
      if (answer !== undefined) return answer
      // A wildcard is no topic, and would be covered by itself.
      const allowed = !/[+#]/.test(topic) && publishing.some((filter) => filterCovers(filter, topic))
      if (topic.length <= longestRemembered) known.set(topic, allowed)
      return allowed
    },
    maySubscribe: (filter) => subscribing.some((outer) => filterCovers(outer, filter)),
  }
}

/** A name that holds a wildcard or a level of its own would make the rule wider than it was written. */
function fill(filter: string, { user, clientId }: { user: string | undefined; clientId: string }): string | undefined {
  let safe = true
  const filled = filter.replaceAll(/%[uc]/g, (sign) => {
    const value = sign === '%u' ? user : clientId
    if (value === undefined || value === '' || /[/+#\0]/.test(value) || value.startsWith('$')) safe = false
    return value ?? ''
  })
  return safe ? filled : undefined
}
