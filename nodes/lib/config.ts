import { z } from '../../engine/node.ts'

/** The config field that names a broker connection. */
export function brokerField() {
  return z
    .string()
    .min(1)
    .optional()
    .meta({
      title: 'Broker',
      description:
        'Name of a connection. Without it the default one is used: the embedded broker unless told otherwise.',
      examples: ['plant'],
      format: 'broker',
    })
}

/** The config field for a quality of service; 1 unless said. */
export function qosField(description: string) {
  return z
    .union([z.literal(0), z.literal(1), z.literal(2)])
    .default(1)
    .meta({ title: 'QoS', description, examples: [0, 1, 2] })
}
