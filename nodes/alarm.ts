import {
  closedObject,
  defineNode,
  duration,
  expression,
  type Message,
  messageType,
  NUMBER,
  port,
  STRING,
  stringOf,
  TIME,
  type Type,
  z,
} from '../engine/node.ts'
import { type AlarmState, onDeadline, onSample, type Step, type Transition } from './lib/alarm-machine.ts'
import { canClear, type Limit, limitForms, marginOf, parseLimit } from './lib/limit.ts'
import { withFields } from './lib/types.ts'
import { asText, wrongResult } from './lib/values.ts'

/** What is kept for a key: the machine, and the latest message as far as events need it. */
type Kept = {
  readonly alarm: AlarmState
  readonly topic: string
  readonly params: Readonly<Record<string, string>>
  readonly id: string
}

/** The name of the level of an alarm that has only one. */
const onlyLevel = 'alarm'

const config = z
  .strictObject({
    key: expression()
      .optional()
      .meta({
        title: 'Key',
        description:
          'JSONata: each key has an alarm of its own. Without it: the key of the message, which is its topic.',
        examples: ['params.fridge', 'payload.serial'],
      }),
    value: expression('number')
      .optional()
      .meta({
        title: 'Value',
        description: 'JSONata for the number to watch. Without it: the payload.',
        examples: ['payload.temperature'],
      }),
    raise: z
      .string()
      .transform((text, context): Limit => {
        const limit = parseLimit(text)
        if (limit !== undefined) return limit
        context.addIssue({ code: 'custom', message: `"${text}" is not a limit; write ${limitForms}` })
        return z.NEVER
      })
      .meta({
        title: 'Raise',
        description: `The alarm is raised when the value is: ${limitForms}.`,
        examples: ['> 8', '<= 2', 'outside 2..8'],
        format: 'limit',
      }),
    deadband: z
      .number()
      .min(0)
      .default(0)
      .meta({
        title: 'Deadband',
        description: 'How far the value must be back before the alarm can clear.',
        examples: [1],
      }),
    onDelay: duration()
      .prefault('0s')
      .meta({
        title: 'On-delay',
        description: 'How long it must last before the alarm is raised.',
        examples: ['5m'],
      }),
    offDelay: duration()
      .prefault('0s')
      .meta({
        title: 'Off-delay',
        description: 'How long it must be back before the alarm clears.',
        examples: ['1m'],
      }),
  })
  .refine((config) => canClear(config.raise, config.deadband), {
    message: 'the deadband is half the range or more, so the alarm could never clear; make it smaller',
    path: ['deadband'],
  })

/** Raises and clears alarms on a value, for each key. */
export default defineNode<typeof config, 'in', 'event' | 'state'>({
  type: 'alarm',
  title: 'Alarm',
  category: 'rules',
  summary: 'Raises an alarm when a value stays beyond a limit, and clears it when the value is back.',
  icon: 'bell-ring',
  docs: `Watches a **value** for each **key** (a device, a room) and tells when it goes beyond a limit and when it is back.

\`\`\`
NORMAL -> PENDING     raise is true; the on-delay starts
PENDING -> NORMAL     raise is false again: a near miss, nobody is told
PENDING -> ACTIVE     the on-delay is over: RAISED
ACTIVE -> RECOVERING  the value is back by the deadband; the off-delay starts
RECOVERING -> ACTIVE  it is not, after all: a flap, nobody is told
RECOVERING -> NORMAL  the off-delay is over: CLEARED
\`\`\`

**Raise** is written ${limitForms}. With a **deadband**, the value has to come back that far before the alarm can clear: with
\`> 8\` and 1, it clears at 7 or below. **On-delay** and **off-delay** are how long it must last; without them the steps in
between are left out.

The port \`event\` gives a record for RAISED and CLEARED, the port \`state\` one for each change of condition (publish it retained
to show the current state). Both have \`alarmId\` (the same for all events of a key), \`key\`, \`seq\` (counts the events of the key:
\`alarmId\` with \`seq\` tells repeats), \`transition\`, \`condition\`, \`level\`, \`value\`, \`limit\` (the one that is near), \`margin\` (how far the value is
beyond the limit; negative when it is on the good side), \`time\`, \`since\` (when it began) and \`cause\` (the id of the latest
message). The message has the \`topic\`, \`params\` and \`key\` of the value, so \`alarms/{fridge}\` can be published.

**What is kept**: for each key the condition, the latest value, and when a delay is over. Delays are times on the clock, kept in the
database: they go on over a restart or a deploy, and one that was over meanwhile ends at the start.

**Time**: a value that was measured before the latest one of its key changes nothing. A delay runs from when the first value
beyond the limit was received, whatever time it was measured, so an old time never ends a delay by itself; a time in the
future counts as now.

**Bad input**: a value that is no number, or a key that is no text, goes to the port \`error\` (WRONG_RESULT) and changes nothing:
an alarm is never cleared by an error.`,
  config,
  inputs: ({ value }) => ({
    in: port(value === undefined ? messageType({ payload: NUMBER }) : 'any', 'Messages with the value'),
  }),
  outputs: {
    event: port('any', 'RAISED and CLEARED'),
    state: port('any', 'Every change of condition'),
  },
  examples: [
    {
      title: 'A fridge that is too warm for five minutes',
      config: { key: 'params.fridge', value: 'payload.value', raise: '> 8', deadband: 1, onDelay: '5m' },
      steps: [
        {
          send: { in: { params: { fridge: 'a' }, payload: { value: 9.5 } } },
          expect: { state: [{ key: 'a', params: { fridge: 'a' } }] },
        },
        { advance: '4m', expect: {} },
        { advance: '2m', expect: { event: [{ key: 'a', params: { fridge: 'a' } }], state: [{ key: 'a' }] } },
        { send: { in: { params: { fridge: 'a' }, payload: { value: 7.5 } } }, expect: {} },
        {
          send: { in: { params: { fridge: 'a' }, payload: { value: 7 } } },
          expect: { event: [{ key: 'a' }], state: [{ key: 'a' }] },
        },
      ],
    },
    {
      title: 'The records, without delays',
      config: { raise: '> 30' },
      steps: [
        {
          send: {
            in: {
              id: 'm1',
              topic: 'boiler',
              key: 'boiler',
              time: 1767261600000,
              received: 1767261600000,
              payload: 31.5,
            },
          },
          expect: {
            event: [
              {
                topic: 'boiler',
                time: 1767261600000,
                payload: {
                  alarmId: 'example/node/boiler',
                  key: 'boiler',
                  seq: 1,
                  transition: 'RAISED',
                  condition: 'ACTIVE',
                  level: 'alarm',
                  value: 31.5,
                  limit: 30,
                  margin: 1.5,
                  time: 1767261600000,
                  since: 1767261600000,
                  cause: 'm1',
                },
              },
            ],
            state: [{ topic: 'boiler' }],
          },
        },
      ],
    },
    {
      title: 'Something that is no number changes nothing',
      config: { value: 'payload.level', raise: 'outside 2..8' },
      steps: [
        { send: { in: { payload: { level: 1 } } }, expect: { event: [{}], state: [{}] } },
        { send: { in: { payload: { level: 'low' } } }, expect: { error: [{ payload: { level: 'low' } }] } },
        { send: { in: { payload: {} } }, expect: { error: [{ payload: {} }] } },
        { send: { in: { payload: { level: 5 } } }, expect: { event: [{}], state: [{}] } },
      ],
    },
  ],
  infer: ({ inputs }) => ({
    event: withFields(inputs.in, { payload: recordOf(stringOf('RAISED', 'CLEARED')), key: STRING, time: TIME }),
    state: withFields(inputs.in, {
      payload: recordOf(stringOf('PENDING', 'RAISED', 'RECOVERING', 'ACTIVE', 'CLEARED', 'NORMAL')),
      key: STRING,
      time: TIME,
    }),
  }),
  create: ({ config, flow, node, out, state, timers, now, message, status }) => {
    const { key: keyOf, value: measure, raise: limit } = config
    const rules = { limit, deadband: config.deadband, onDelay: config.onDelay, offDelay: config.offDelay }

    const settle = (key: string, before: AlarmState | undefined, kept: Omit<Kept, 'alarm'>, step: Step) => {
      const { due } = step.state
      state.set(key, { alarm: step.state, topic: kept.topic, params: kept.params, id: kept.id })
      if (due !== null && due !== before?.due) timers.set(key, 'due', due)
      else if (due === null && before !== undefined && before.due !== null) timers.cancel(key, 'due')
      for (const transition of step.transitions) tell(key, kept, transition)
    }

    const tell = (key: string, kept: Omit<Kept, 'alarm'>, transition: Transition) => {
      const { event, state: alarm, time, since } = transition
      const made: Message = message({
        topic: kept.topic,
        params: kept.params,
        key,
        time,
        payload: {
          alarmId: `${flow}/${node}/${key}`,
          key,
          seq: alarm.seq,
          transition: event ?? alarm.condition,
          condition: alarm.condition,
          level: onlyLevel,
          value: alarm.value,
          ...marginOf(limit, alarm.value),
          time,
          since,
          cause: kept.id,
        },
      })
      status(`${key}: ${alarm.condition} at ${alarm.value}`)
      if (event !== undefined) out.event(made)
      out.state(made)
    }

    return {
      in: (incoming) => {
        const key = keyOf === undefined ? incoming.key : asText(keyOf(incoming), keyOf.text)
        const value = measure === undefined ? incoming.payload : measure(incoming)
        if (typeof value !== 'number' || !Number.isFinite(value)) {
          throw wrongResult(measure?.text ?? 'payload', value, 'a number')
        }
        const before = readKept(state.get(key))?.alarm
        settle(
          key,
          before,
          incoming,
          onSample(before, { value, time: incoming.time, received: incoming.received }, rules),
        )
      },
      onTimer: ({ key }) => {
        const kept = readKept(state.get(key))
        if (kept !== undefined) settle(key, kept.alarm, kept, onDeadline(kept.alarm, now()))
      },
    }
  },
})

/** The type of the records that it sends. */
function recordOf(transition: Type): Type {
  return closedObject({
    alarmId: STRING,
    key: STRING,
    seq: NUMBER,
    transition,
    condition: stringOf('NORMAL', 'PENDING', 'ACTIVE', 'RECOVERING'),
    level: stringOf(onlyLevel),
    value: NUMBER,
    limit: NUMBER,
    margin: NUMBER,
    time: TIME,
    since: TIME,
    cause: STRING,
  })
}

/** What this node wrote for a key. */
function readKept(value: unknown): Kept | undefined {
  // State comes back as it was set, by this node type alone.
  return value as Kept | undefined
}
