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

/** A check that exactly one of two fields is given. */
export function exactlyOne<First extends string, Second extends string>(first: First, second: Second) {
  return (config: Readonly<Partial<Record<First | Second, unknown>>>, context: IssueSink): void => {
    const given = [config[first], config[second]].filter((value) => value !== undefined).length
    if (given === 1) return
    const message =
      given === 0
        ? `neither "${first}" nor "${second}" is there; give one of them`
        : `"${first}" and "${second}" are both there; keep one of them`
    context.addIssue({ code: 'custom', path: [first], message })
  }
}

interface IssueSink {
  addIssue(issue: { code: 'custom'; path: string[]; message: string }): void
}
