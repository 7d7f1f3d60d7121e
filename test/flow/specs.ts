import { z } from 'zod'
import { type AnyNodeSpec, defineNode, type Port, port } from '../../engine/spec/spec.ts'
import { messageType, NUMBER, openObject, STRING } from '../../engine/types/index.ts'

const source = defineNode({
  type: 'source',
  title: 'Source',
  category: 'sources',
  summary: 'Receives messages.',
  icon: 'radio-tower',
  config: z.strictObject({
    topic: z.string().meta({ title: 'Topic', examples: ['sensors/+/climate'], format: 'topic-filter' }),
    qos: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(1),
    broker: z.string().optional(),
  }),
  inputs: {},
  outputs: { out: port('any', 'Each message') },
  subscribes: ({ topic, broker, qos }) => [{ filter: topic, broker, qos }],
  infer: ({ config, topicType }) => ({ out: topicType({ filter: config.topic, qos: config.qos }) }),
  examples: [{ title: 'Climate', config: { topic: 'sensors/+/climate' }, steps: [] }],
  create: () => ({}),
})

const sink = defineNode({
  type: 'sink',
  title: 'Sink',
  category: 'sinks',
  summary: 'Publishes messages.',
  icon: 'send',
  config: z.strictObject({
    topic: z.string().meta({ examples: ['alerts/high'] }),
    broker: z.string().optional(),
    password: z.union([z.string(), z.strictObject({ $secret: z.string().min(1) })]).optional(),
  }),
  inputs: { in: port('any', 'Messages to publish') },
  outputs: {},
  publishes: ({ topic, broker }) => [{ filter: topic, broker, qos: 1 }],
  examples: [],
  create: () => ({ in: () => undefined }),
})

const pass = defineNode({
  type: 'pass',
  title: 'Pass',
  category: 'rules',
  summary: 'Passes messages on.',
  icon: 'arrow-right',
  config: z.strictObject({ limit: z.number().int().min(1).max(9).default(3) }),
  inputs: { in: port('any', 'Messages') },
  outputs: { out: port('same:in', 'The same') },
  examples: [],
  create: ({ out }) => ({ in: out.out }),
})

const wait = defineNode({
  type: 'wait',
  title: 'Wait',
  category: 'state',
  summary: 'Passes messages on later.',
  icon: 'clock',
  config: z.strictObject({ for: z.string().default('5m').meta({ format: 'duration' }) }),
  inputs: { in: port('any', 'Messages') },
  outputs: { out: port('same:in', 'The same, later', { later: true }) },
  examples: [],
  create: () => ({ in: () => undefined }),
})

const number = defineNode({
  type: 'number',
  title: 'Number',
  category: 'rules',
  summary: 'Takes messages with a number and a unit.',
  icon: 'hash',
  config: z.strictObject({}),
  inputs: { in: port(messageType({ payload: openObject({ value: NUMBER }) }), 'Measurements') },
  outputs: { out: port(messageType({ payload: STRING }), 'Text') },
  examples: [],
  create: () => ({ in: () => undefined }),
})

const branchConfig = z.strictObject({
  cases: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[a-z]+$/, 'a port is named by letters'),
        when: z.string().superRefine((text, context) => {
          const params = { problem: 'EXPRESSION_SYNTAX', expression: text, position: text.indexOf('(') }
          if (text.includes('f(')) context.addIssue({ code: 'custom', message: 'a bracket is open', params })
          const whole = `JSONata cannot read "${text}": g is not known.`
          if (text.includes('g(')) context.addIssue({ code: 'custom', message: whole, params })
        }),
      }),
    )
    .min(1)
    .meta({ title: 'Cases', examples: [[{ id: 'hot', when: 'true' }]] }),
})
const branch = defineNode<typeof branchConfig, 'in', string>({
  type: 'branch',
  title: 'Branch',
  category: 'rules',
  summary: 'Sends messages to the case that matches.',
  icon: 'split',
  config: branchConfig,
  inputs: { in: port('any', 'Messages') },
  outputs: ({ cases }): Record<string, Port> =>
    Object.fromEntries(cases.map(({ id }) => [id, port('same:in', `Case ${id}`)])),
  examples: [{ title: 'One', config: { cases: [{ id: 'hot', when: 'true' }] }, steps: [] }],
  create: () => ({ in: () => undefined }),
})

/** Every kind of field that a config may have. */
const fields = defineNode({
  type: 'fields',
  title: 'Fields',
  category: 'more',
  summary: 'Has all kinds of fields.',
  icon: 'list',
  config: z
    .strictObject({
      name: z
        .string()
        .min(2)
        .max(5)
        .meta({ title: 'Name', examples: ['pump'] }),
      when: z
        .string()
        .optional()
        .meta({ format: 'jsonata', result: 'boolean', examples: ['payload > 3'] }),
      mode: z.enum(['slow', 'fast']).optional(),
      count: z.number().int().positive().optional(),
      ratio: z.number().min(0).lt(1).optional(),
      on: z.boolean().optional(),
      tags: z.record(z.string().regex(/^[a-z]+$/, 'a tag has letters only'), z.string()).optional(),
      delay: z
        .string()
        .transform((text, context) => {
          if (/^\d+m$/.test(text)) return Number.parseInt(text, 10) * 60_000
          context.addIssue({ code: 'custom', message: `"${text}" is not a duration; write a number and a unit` })
          return z.NEVER
        })
        .optional(),
      secret: z
        .union([z.string(), z.strictObject({ $secret: z.string().min(1) })])
        .meta({ format: 'secret' })
        .optional(),
      shape: z
        .discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('circle'), radius: z.number() }),
          z.strictObject({ kind: z.literal('dot') }),
        ])
        .optional(),
      places: z.array(z.tuple([z.number(), z.number()])).optional(),
    })
    .refine((config) => config.mode !== 'slow' || config.delay !== undefined, {
      message: 'it needs a delay when it is slow',
      path: ['delay'],
    }),
  inputs: {},
  outputs: {},
  examples: [],
  create: () => ({}),
})

/** Node types for these tests, as a registry holds them. */
export const specs: ReadonlyMap<string, AnyNodeSpec> = new Map(
  registered(source, sink, pass, wait, number, branch, fields).map((spec) => [spec.type, spec]),
)

function registered(...list: AnyNodeSpec[]): AnyNodeSpec[] {
  return list
}

/** A flow of nodes written `id:type` and wires written `from -> to`. */
export function flowOf(nodes: Record<string, [type: string, config?: Record<string, unknown>]>, wires: string[] = []) {
  return {
    flow: 'test',
    nodes: Object.entries(nodes).map(([id, [type, config = {}]]) => ({ id, type, config })),
    wires: wires.map((wire) => {
      const [from = '', to = ''] = wire.split(' -> ')
      return { from, to }
    }),
  }
}
