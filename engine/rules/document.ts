import { z } from 'zod'
import { idPattern } from '../flow/document.ts'
import { duration } from '../spec/fields.ts'
import { statusKinds } from '../spec/status.ts'
import { topicFilterFault } from '../spec/topics.ts'
import { readTime } from '../spec/values.ts'
import { matcherFault } from './match.ts'
import { readMoment } from './moment.ts'

/** A file of rule tests, as it was read. */
export type RuleTests = z.output<typeof ruleTestsSchema>
export type RuleTest = RuleTests['tests'][number]
export type RuleStep = RuleTest['steps'][number]
export type Expectations = NonNullable<RuleStep['expect']>

/** What may be expected beside the messages of a port. */
export const otherNames = ['published', 'posted', 'answered', 'alarms', 'deadLetters', 'logs'] as const

const moment = () =>
  z.string().superRefine((text, context) => {
    if (readMoment(text) !== undefined) return
    const message = 'it is neither a time nor "+" and a duration; write +5m, or 2026-01-01T06:00:00Z'
    context.addIssue({ code: 'custom', message })
  })

const start = z
  .string()
  .refine((text) => readTime(text) !== undefined, 'that is no time; write 2026-01-01T06:00:00Z, for example')
  .meta({ title: 'Start', description: 'When the test begins.', examples: ['2026-01-01T00:00:00Z'] })

const seed = z
  .int()
  .min(0)
  .meta({ title: 'Seed', description: 'Of the random numbers.', examples: [1] })

const disable = z
  .array(z.string())
  .meta({ title: 'Disable', description: 'Ids of nodes that are left out.', examples: [['sim-kitchen']] })

const topic = z
  .string()
  .min(1)
  .refine(
    (text) => topicFilterFault(text) === undefined && !/[+#{}]/.test(text),
    'that is no topic of a message; write a topic without + and #',
  )
  .meta({ title: 'Publish', description: 'Topic of a message from a device.', examples: ['fridges/kitchen/climate'] })

const qos = z.union([z.literal(0), z.literal(1), z.literal(2)])
const texts = z.record(z.string(), z.string())

const timeField = z
  .union([z.number(), z.string()])
  .refine((value) => readTime(value) !== undefined, 'that is no time; write 2026-01-01T06:00:00Z, for example')
  .transform((value) => readTime(value) ?? 0)

const message = z
  .looseObject({
    payload: z.unknown(),
    topic: z.string(),
    key: z.string(),
    id: z.string(),
    time: timeField,
    received: timeField,
    retain: z.boolean(),
    qos,
    params: texts,
    props: texts,
  })
  .partial()
  .meta({ examples: [{ payload: { celsius: 9 } }] })

const answer = z.union([
  z.strictObject({ status: z.int().min(100).max(599), body: z.unknown().optional(), headers: texts.optional() }),
  z.strictObject({ failed: z.string() }),
])

const request = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  path: z
    .string()
    .min(1)
    .refine((path) => !path.startsWith('/'), 'it begins with "/"; write what stands behind /hooks/, such as orders/7')
    .meta({ title: 'Path', description: 'What stands behind /hooks/.', examples: ['orders/7'] }),
  query: texts.optional(),
  headers: texts.optional(),
  body: z.unknown().optional(),
  refused: z
    .string()
    .regex(/^[A-Z0-9_]{1,64}$/)
    .optional()
    .meta({ title: 'Refused', description: 'Code of the error that it must be refused with.' }),
})

const event = z.strictObject({
  kind: z.enum(statusKinds),
  subject: z.string().min(1),
  state: z.union([z.string(), z.number()]),
  text: z.string().default(''),
})

const command = z.strictObject({
  node: z.string(),
  name: z.string().meta({ examples: ['acknowledge'] }),
  key: z.string().meta({ examples: ['kitchen'] }),
  by: z.string().default('test'),
  note: z.string().nullable().default(null),
  values: z.record(z.string(), z.json()).default({}),
})

const item = z.record(z.string(), z.unknown()).superRefine((fields, context) => {
  const fault = matcherFault(fields)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
  if (fields.at === undefined || (typeof fields.at === 'string' && readMoment(fields.at) !== undefined)) return
  const text = 'it is neither a time nor "+" and a duration since the start; write +5m, or 2026-01-01T06:00:00Z'
  context.addIssue({ code: 'custom', message: text, path: ['at'] })
})

const list = z.union([z.array(item), z.int().min(0)]).meta({ examples: [[{ payload: { transition: 'RAISED' } }], 3] })

const expectations = z
  .object({
    published: list.optional(),
    posted: list.optional(),
    answered: list.optional(),
    alarms: list.optional(),
    deadLetters: list.optional(),
    logs: list.optional(),
    rows: z.record(z.string(), list).optional(),
    status: z.record(z.string(), z.unknown()).optional(),
  })
  .catchall(list)
  .meta({ title: 'Expect', description: 'What came since it was last looked at.' })

const actions = ['publish', 'send', 'request', 'answer', 'command', 'event', 'forget'] as const
const ofPublish = ['payload', 'retain', 'qos', 'props'] as const

const step = z
  .strictObject({
    note: z.string().optional().meta({ title: 'Note', description: 'For people.' }),
    at: moment()
      .optional()
      .meta({ title: 'At', description: 'Time goes on to then.', examples: ['+5m'] }),
    publish: topic.optional(),
    payload: z.unknown().optional().meta({ title: 'Payload', description: 'Text as it is, all else as JSON.' }),
    retain: z.boolean().optional(),
    qos: qos.optional(),
    props: texts.optional(),
    send: z
      .record(z.string(), message)
      .optional()
      .meta({ title: 'Send', examples: [{ 'celsius.in': { payload: 1 } }] }),
    request: request.optional().meta({ title: 'Request', examples: [{ path: 'orders/7', body: { count: 2 } }] }),
    answer: answer.optional().meta({ title: 'Answer', examples: [{ status: 200 }, { failed: 'connection refused' }] }),
    command: command.optional().meta({ title: 'Command' }),
    event: event.optional().meta({
      title: 'Event',
      description: 'What a node "status" is told.',
      examples: [{ kind: 'connection', subject: 'plant', state: 'disconnected' }],
    }),
    forget: z.literal(true).optional().meta({ title: 'Forget', description: 'What came so far is not looked at.' }),
    expect: expectations.optional(),
    nothing: z
      .array(z.string())
      .min(1)
      .optional()
      .meta({ title: 'Nothing', examples: [['too-warm.event']] }),
    for: duration()
      .optional()
      .meta({ title: 'For', description: 'Time goes on by this much.', examples: ['10m'] }),
  })
  .superRefine((fields, context) => {
    const refuse = (path: string, text: string) => context.addIssue({ code: 'custom', path: [path], message: text })
    const [first, second] = actions.filter((name) => fields[name] !== undefined)
    if (first !== undefined && second !== undefined) {
      refuse(second, `"${first}" is in this step too; write two steps, one after the other`)
    }
    const alone = ofPublish.find((name) => fields[name] !== undefined)
    if (fields.publish === undefined && alone !== undefined) {
      refuse(alone, `it belongs to a message that is published; write "publish": "the/topic" beside it`)
    }
    if (fields.for !== undefined && fields.nothing === undefined) {
      refuse(
        'for',
        'it says how long nothing comes, and "nothing" is not there; write { "at": "+10m" } to let time go on',
      )
    }
    if (Object.keys(fields).every((name) => name === 'note')) {
      context.addIssue({
        code: 'custom',
        message: 'the step does nothing; write one of publish, send, at, expect, nothing',
      })
    }
  })

const test = z.strictObject({
  name: z
    .string()
    .min(1)
    .meta({ title: 'Name', description: 'A sentence.', examples: ['a warm fridge raises once'] }),
  start: start.optional(),
  seed: seed.optional(),
  disable: disable.optional(),
  echo: z
    .boolean()
    .optional()
    .meta({ title: 'Echo', description: 'True: what the flow publishes comes to its own sources, as from a broker.' }),
  steps: z
    .array(step)
    .min(1)
    .meta({ examples: [[{ at: '+5m', expect: { published: 1 } }]] }),
})

export const ruleTestsSchema = z.strictObject({
  $schema: z.string().optional(),
  flow: z
    .string()
    .regex(idPattern)
    .meta({ title: 'Flow', description: 'Its file stands beside.', examples: ['cold-chain'] }),
  start: start.optional(),
  seed: seed.optional(),
  disable: disable.optional(),
  tests: z
    .array(test)
    .min(1)
    .meta({ title: 'Tests', examples: [[{ name: 'a quiet hour', steps: [{ nothing: ['published'], for: '1h' }] }]] }),
})
