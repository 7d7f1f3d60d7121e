import { BoundedCache } from '../spec/cache.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'

/** Reads a node's config by its spec's schema; see zod's safeParse. */
export type ParseConfig = (
  spec: AnyNodeSpec,
  config: unknown,
  /** The config as JSON. */
  text: string,
) => ReturnType<AnyNodeSpec['config']['safeParse']>

/** Without a memory. */
export const parseConfig: ParseConfig = (spec, config) => spec.config.safeParse(config)

/** Configs beyond those of the flows, such as of drafts: an expression that was compiled takes some kB. */
const spare = 100
/** Flows of which the size is known; the oldest go. */
const mostFlows = 10_000

/**
 * Reads configs and remembers the good ones, because a deploy checks a whole flow and mostly one node of it has changed: its
 * expressions need not be compiled again. What is read is not changed by anybody, so it may be shared.
 *
 * There is room for the nodes of all flows, and for some more. A limit that is the same for all would be too low for large flows,
 * or let an engine on a small machine fill its memory with what was only typed on the way to what was deployed.
 */
export class ConfigMemory {
  readonly #most: number
  readonly #known: BoundedCache<string, ReturnType<ParseConfig>>
  /** How many nodes each flow had. */
  readonly #sizes = new Map<string, number>()
  #nodes = 0

  /** @param most configs of one generation, however many nodes there are */
  constructor(most: number) {
    this.#most = most
    this.#known = new BoundedCache(Math.min(most, spare))
  }

  readonly parse: ParseConfig = (spec, config, text) => {
    const id = `${spec.type} ${text}`
    const found = this.#known.get(id)
    if (found !== undefined) return found
    const parsed = spec.config.safeParse(config)
    if (parsed.success) this.#known.set(id, parsed)
    return parsed
  }

  /** Makes room for a flow with so many nodes, which is about to be checked. */
  expect(flow: string, nodes: number): void {
    this.#nodes += nodes - (this.#sizes.get(flow) ?? 0)
    this.#sizes.delete(flow)
    this.#sizes.set(flow, nodes)
    const [oldest] = this.#sizes
    if (this.#sizes.size > mostFlows && oldest !== undefined) {
      this.#sizes.delete(oldest[0])
      this.#nodes -= oldest[1]
    }
    this.#known.limit = Math.min(this.#most, spare + this.#nodes)
  }
}
