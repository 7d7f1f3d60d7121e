import { randomBytes } from 'node:crypto'
import { rulewireError, suggestion } from '../errors.ts'
import type { Log } from '../log.ts'
import type { ConnectionConfig, IncomingLink, Links, Received } from '../mqtt/contract.ts'
import { TopicTrie } from '../mqtt/trie.ts'
import type { TopicWatch, TopicWatchRequest } from '../server/api.ts'
import { defaultConnection } from '../spec/connection.ts'
import { compileFilter, filterCovers } from '../spec/topics.ts'
import { TopicValues } from './topic-values.ts'

export interface TopicWatchesOptions {
  configs: readonly ConnectionConfig[]
  links: Links
  /** UTC milliseconds. */
  now(): number
  log: Log
}

/** The link that all watches of one broker share, and what goes to which of them. */
interface SharedLink {
  readonly link: IncomingLink
  readonly trie: TopicTrie<TopicValues>
  readonly watches: Set<{ readonly filters: readonly string[]; readonly values: TopicValues }>
}

/**
 * The topics that people look at, beside the flows: over a connection of its own to each broker, which is there while
 * somebody watches. Its session ends with it, it takes everything at QoS 0, and it acks and stores nothing.
 */
export class TopicWatches {
  readonly #options: TopicWatchesOptions
  readonly #shared = new Map<string, SharedLink>()
  readonly #closing = new Set<Promise<void>>()

  constructor(options: TopicWatchesOptions) {
    this.#options = options
  }

  /** Throws TOPIC_FILTER and BROKER_UNKNOWN. */
  watch({ broker = defaultConnection, filters: texts, limit }: TopicWatchRequest): TopicWatch {
    const filters = texts.map(filterOf)
    const config = this.#config(broker)
    const shared = this.#shared.get(broker) ?? this.#open(config)
    const values = new TopicValues(limit)
    const watch = { filters, values }
    for (const filter of filters) shared.trie.add(filter, values)
    for (const other of shared.watches) {
      values.copy(other.values, (topic) => shared.trie.match(topic).includes(values))
    }
    shared.watches.add(watch)
    subscribe(shared)
    return {
      take() {
        const { status, detail } = shared.link.state()
        const trouble = detail ?? (status === 'connected' || status === 'connecting' ? undefined : `It is ${status}.`)
        return { ...values.changes(), ...(trouble === undefined ? {} : { detail: trouble }) }
      },
      end: () => {
        if (!shared.watches.delete(watch)) return
        for (const filter of filters) shared.trie.remove(filter, values)
        if (shared.watches.size > 0) subscribe(shared)
        else this.#close(broker, shared)
      },
    }
  }

  /** Ends all watches. */
  async close(): Promise<void> {
    for (const [broker, shared] of this.#shared) this.#close(broker, shared)
    await Promise.all(this.#closing)
  }

  #open(config: ConnectionConfig): SharedLink {
    const { links, now, log } = this.#options
    const trie = new TopicTrie<TopicValues>()
    const link = links.incoming({
      config: { ...config, clientId: `${config.clientId}-watch-${randomBytes(4).toString('hex')}`, transient: true },
      now,
      onReceived: (packets) => handOut(packets, trie),
      log: (level, text) => log(level, `broker ${config.name} (topic explorer): ${text}`),
    })
    const shared = { link, trie, watches: new Set<never>() }
    this.#shared.set(config.name, shared)
    return shared
  }

  #close(broker: string, shared: SharedLink): void {
    if (this.#shared.get(broker) === shared) this.#shared.delete(broker)
    const closed = shared.link.close().finally(() => this.#closing.delete(closed))
    this.#closing.add(closed)
  }

  #config(name: string): ConnectionConfig {
    const { configs } = this.#options
    const found = configs.find((config) => config.name === name)
    if (found !== undefined) return found
    const names = configs.map((config) => config.name)
    throw rulewireError('BROKER_UNKNOWN', { name, suggestion: suggestion(name, names), names: names.join(', ') })
  }
}

function handOut(packets: readonly Received[], trie: TopicTrie<TopicValues>): void {
  for (const packet of packets) {
    if (packet.type !== 'publish') continue
    for (const values of trie.match(packet.topic)) values.take(packet)
  }
}

/** Filters that others of the same link cover are left out, so that a message comes once. */
function subscribe({ link, watches }: SharedLink): void {
  const wanted = new Set([...watches].flatMap(({ filters }) => filters))
  const needed = [...wanted].filter(
    (filter) => ![...wanted].some((other) => other !== filter && filterCovers(other, filter)),
  )
  link.subscribe(new Map(needed.map((filter) => [filter, 0])))
}

/** A shared subscription would take messages away from those who share it. Throws TOPIC_FILTER. */
function filterOf(text: string): string {
  if (!/^\$share(\/|$)/.test(text)) return compileFilter(text).filter
  const detail = 'a shared subscription would take messages away from others; leave "$share/group/" out'
  throw rulewireError('TOPIC_FILTER', { filter: text, detail, name: '{name}' })
}
