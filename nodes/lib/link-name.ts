import { z } from '../../engine/node.ts'

/** The config field that names a link. */
export function linkName() {
  return z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'that cannot name a link; use 1 to 64 of a-z, 0-9 and "-"')
    .meta({ title: 'Link', description: 'Name of the link, the same at both ends.', examples: ['alarms'] })
}
