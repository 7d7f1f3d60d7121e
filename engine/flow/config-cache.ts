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

/**
 * Reads configs and remembers the good ones, because a deploy checks a whole flow and mostly one node of it has changed: its
 * expressions need not be compiled again. What is read is not changed by anybody, so it may be shared.
 */
export function rememberingParse(limit: number): ParseConfig {
  const known = new BoundedCache<string, ReturnType<ParseConfig>>(limit)
  return (spec, config, text) => {
    const id = `${spec.type} ${text}`
    const found = known.get(id)
    if (found !== undefined) return found
    const parsed = spec.config.safeParse(config)
    if (parsed.success) known.set(id, parsed)
    return parsed
  }
}
