import {
  defineNode,
  type Evaluate,
  type Json,
  type Message,
  messageType,
  NUMBER,
  port,
  RulewireError,
  STRING,
  TIME,
} from '../engine/node.ts'
import { alarmConfig, rulesOf } from './lib/alarm-config.ts'
import { configFor, limitsOf } from './lib/alarm-limits.ts'
import { nextDeadline, onBad, onSample, onTime } from './lib/alarm-machine.ts'
import { onCommand } from './lib/alarm-people.ts'
import { conditions, entryOf, eventsOf, recordFor, recordOf, untold } from './lib/alarm-record.ts'
import type { AlarmState, Step, Transition } from './lib/alarm-state.ts'
import { viewOf } from './lib/alarm-view.ts'
import { inputsOf, reasonsOf } from './lib/alarm-why.ts'
import { keyReader } from './lib/keyed.ts'
import { limitForms } from './lib/limit.ts'
import { withFields } from './lib/types.ts'
import { asTime, wrongResult } from './lib/values.ts'

/** What is kept for a key: the machine, the latest message as far as events need it, and when the timer was set for. */
type Kept = {
  readonly alarm: AlarmState
  readonly topic: string
  readonly params: Readonly<Record<string, string>>
  readonly id: string
  readonly timer: number | null
}

type About = Pick<Kept, 'topic' | 'params' | 'id'>

/** Raises and clears alarms on a value, for each key. */
export default defineNode<typeof alarmConfig, 'in', 'event' | 'state' | 'notify'>({
  type: 'alarm',
  title: 'Alarm',
  category: 'rules',
  summary: 'Raises an alarm when a value stays beyond a limit, and clears it when the value is back.',
  icon: 'bell-ring',
  docs: `Watches a **value** for each **key** (a device, a room) and tells when it goes beyond a limit and when it is back.

\`\`\`
NORMAL -> PENDING      raise is true; the on-delay starts
PENDING -> NORMAL      raise is false again, or a gap was too long: a near miss, nobody is told
PENDING -> ACTIVE      the on-delay is over: RAISED
ACTIVE -> RECOVERING   the value is back by the deadband; the off-delay starts
RECOVERING -> ACTIVE   it is not, after all: a flap, nobody is told
RECOVERING -> NORMAL   the off-delay is over: CLEARED
           or LATCHED  with "latch": LATCHED, until a person resets it: RESET
\`\`\`

**Raise** is written ${limitForms}. With a **deadband**, the value has to come back that far before the alarm can clear: with
\`> 8\` and 1, it clears at 7 or below. **On-delay** and **off-delay** are how long it must last; without them the steps in
between are left out. **Levels** take the place of one limit: each has its own, and the alarm goes up (ESCALATED) and down
(DEESCALATED) between them.

**Ports**: \`event\` gives a record for each transition, \`state\` for each change of condition too (publish it retained to show
the current state), \`notify\` only what people should hear of: nothing of what is shelved, out of hours, chattering or of a
retained message, until that is over: then how it stands, if that is not what they know, under the \`seq\` of what was kept back. A record has \`alarmId\` (the same for all events of a key), \`key\`, \`seq\` (counts the
transitions of the key: \`alarmId\` with \`seq\` tells repeats), \`transition\`, \`condition\`, \`level\`, \`value\`, \`limit\` (the one that is
near), \`margin\` (how far the value is beyond the limit; negative when it is on the good side), \`data\`, \`acknowledged\`, \`time\`,
\`since\` (when it began), \`cause\` (the id of the latest message), and \`by\` and \`note\` of what a person did. The message has the \`topic\`,
\`params\` and \`key\` of the value, so \`alarms/{fridge}\` can be published.

**People** acknowledge, shelve, unshelve and reset an alarm, take it out of service and put it back, in the editor, on the
command line (\`rulewire alarms\`) or over the API, with a note; or they only note something (NOTED). All of that is kept, comes
out of \`event\`, and stands in the alarm log. Shelving always ends; out of service does not end by itself.

**What is kept**: for each key the condition, the latest values, and when a delay is over. Delays are times on the clock, kept in the
database: they go on over a restart or a deploy. With "After a start" on \`confirm\`, as it is unless said, one that runs then
ends only after a fresh value that still asks for it.

**Time**: a value that was measured before the latest one of its key changes nothing. A delay runs from when the first value
beyond the limit was received, whatever time it was measured, so an old time never ends a delay by itself; a time in the
future counts as now.

**Bad input**: a value that is no number goes to the port \`error\` (WRONG_RESULT) and changes nothing, or with "On errors" on
\`separate-alarm\` is told as DATA_BAD. Silence is told as DATA_STALE where "No data" says so. Neither ever clears an alarm. A key
that is no text, or one of more than 65,535 characters, always goes to the port \`error\`.`,
  config: alarmConfig,
  inputs: ({ value }) => ({
    in: port(value === undefined ? messageType({ payload: NUMBER }) : 'any', 'Messages with the value'),
  }),
  outputs: {
    event: port('any', 'Every transition, such as RAISED and CLEARED'),
    state: port('any', 'Every change of condition'),
    notify: port('any', 'What people should hear of'),
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
        {
          advance: '2m',
          expect: {
            event: [{ key: 'a', params: { fridge: 'a' } }],
            state: [{ key: 'a' }],
            notify: [{ key: 'a' }],
          },
        },
        { send: { in: { params: { fridge: 'a' }, payload: { value: 7.5 } } }, expect: {} },
        {
          send: { in: { params: { fridge: 'a' }, payload: { value: 7 } } },
          expect: { event: [{ key: 'a' }], state: [{ key: 'a' }], notify: [{ key: 'a' }] },
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
                  data: 'FRESH',
                  acknowledged: false,
                  time: 1767261600000,
                  since: 1767261600000,
                  cause: 'm1',
                  by: null,
                  note: null,
                },
              },
            ],
            state: [{ topic: 'boiler' }],
            notify: [{ topic: 'boiler' }],
          },
        },
      ],
    },
    {
      title: 'Something that is no number changes nothing',
      config: { value: 'payload.level', raise: 'outside 2..8' },
      steps: [
        { send: { in: { payload: { level: 1 } } }, expect: { event: [{}], state: [{}], notify: [{}] } },
        { send: { in: { payload: { level: 'low' } } }, expect: { error: [{ payload: { level: 'low' } }] } },
        { send: { in: { payload: {} } }, expect: { error: [{ payload: {} }] } },
        { send: { in: { payload: { level: 5 } } }, expect: { event: [{}], state: [{}], notify: [{}] } },
      ],
    },
    {
      title: 'Two levels: a warning first, then critical',
      config: {
        levels: [
          { id: 'warn', raise: '> 70', deadband: 5 },
          { id: 'crit', raise: '> 90', deadband: 5, onDelay: '10s' },
        ],
      },
      steps: [
        { send: { in: { payload: 75 } }, expect: { event: [{}], state: [{}], notify: [{}] } },
        { send: { in: { payload: 95 } }, expect: {} },
        { advance: '10s', expect: { event: [{}], state: [{}], notify: [{}] } },
        { send: { in: { payload: 85 } }, expect: { event: [{}], state: [{}], notify: [{}] } },
        { send: { in: { payload: 60 } }, expect: { event: [{}], state: [{}], notify: [{}] } },
      ],
    },
    {
      title: 'Three values within ten minutes, and a retained one that tells nobody',
      config: { raise: '> 8', count: { n: 3, within: '10m' } },
      steps: [
        { send: { in: { payload: 9, retain: true } }, expect: {} },
        { advance: '4m' },
        { send: { in: { payload: 9 } }, expect: {} },
        { send: { in: { payload: 5 } }, expect: {} },
        { send: { in: { payload: 9 } }, expect: { event: [{}], state: [{}], notify: [{}] } },
      ],
    },
    {
      title: 'Silence is told, and clears nothing',
      config: { raise: '> 8', noData: { after: '15m' } },
      steps: [
        { send: { in: { payload: 9 } }, expect: { event: [{}], state: [{}], notify: [{}] } },
        { advance: '15m', expect: { event: [{}], state: [{}], notify: [{}] } },
        { send: { in: { payload: 9 } }, expect: { event: [{}], state: [{}], notify: [{}] } },
      ],
    },
  ],
  infer: ({ inputs, config }) => {
    const sent = (transitions: readonly string[]) =>
      withFields(inputs.in, { payload: recordOf(transitions, config), key: STRING, time: TIME })
    const events = eventsOf(config)
    return {
      event: sent(events),
      state: sent([...new Set([...events, ...conditions])]),
      notify: sent(events.filter((name) => !untold.includes(name))),
    }
  },
  alarms: (config) => {
    const rules = rulesOf(config)
    return {
      limits: limitsOf(rules),
      view(state, now) {
        const kept = readKept(state)
        return kept === undefined ? undefined : viewOf(kept.alarm, kept.topic, rules, now)
      },
      why(state, now) {
        const kept = readKept(state)
        if (kept === undefined) return { reasons: [], inputs: [] }
        return { reasons: reasonsOf(kept.alarm, rules, now), inputs: inputsOf(kept.alarm) }
      },
    }
  },
  configFor,
  create: ({ config, flow, node, out, state, timers, now, message, status, alarm }) => {
    const { value: measure, time: timeOf, activeWhen, onError } = config
    const keyOf = keyReader(config.key)
    const rules = rulesOf(config)
    const context = { rules, started: 0 }

    const settle = (key: string, before: Kept | undefined, about: About, step: Step) => {
      const timer = moveTimer(key, before?.timer ?? null, nextDeadline(step.state, context))
      state.set(key, { alarm: step.state, topic: about.topic, params: about.params, id: about.id, timer })
      for (const transition of step.transitions) tell(key, about, transition)
    }

    /** A timer that is too early does no harm, so one that moves with each value is moved when it fires. */
    const moveTimer = (key: string, set: number | null, wanted: number | undefined): number | null => {
      if (wanted === undefined) {
        if (set !== null) timers.cancel(key, 'due')
        return null
      }
      if (set !== null && set <= wanted) return set
      timers.set(key, 'due', wanted)
      return wanted
    }

    const tell = (key: string, about: About, transition: Transition) => {
      const { name, event, repeat, notify, time } = transition
      const payload = recordFor({ alarmId: `${flow}/${node}/${key}`, key, cause: about.id, transition, rules })
      const made: Message = message({ topic: about.topic, params: about.params, key, time, payload })
      if (!repeat) {
        status(`${key}: ${payload.condition}${payload.value === null ? '' : ` at ${payload.value}`}`)
        if (event) {
          alarm(entryOf(key, name, transition, payload.limit))
          out.event(made)
        }
        out.state(made)
      }
      if (notify) out.notify(made)
    }

    const read = (incoming: Message) => {
      const value = measure === undefined ? incoming.payload : measure(incoming)
      if (typeof value !== 'number' || !Number.isFinite(value)) {
        throw wrongResult(measure?.text ?? 'payload', value, 'a number')
      }
      return {
        value: value + 0, // JSON has no -0
        time: timeOf === undefined ? incoming.time : asTime(timeOf(incoming), timeOf.text),
        received: incoming.received,
        retained: incoming.retain,
        active: activeWhen?.when === undefined || isTrue(activeWhen.when, incoming),
      }
    }

    const judge = (before: AlarmState | undefined, incoming: Message): Step => {
      try {
        return onSample(before, read(incoming), context)
      } catch (thrown) {
        if (onError === 'error-port' || !(thrown instanceof RulewireError)) throw thrown
        return onBad(
          before,
          { detail: thrown.message, received: incoming.received, retained: incoming.retain },
          context,
        )
      }
    }

    /** What is due now under this config, and a timer that may have to be earlier. Nothing is written when all is as it was. */
    const refresh = (key: string, kept: Kept) => {
      const step = onTime(kept.alarm, now(), context)
      const isSame = step.state === kept.alarm && step.transitions.length === 0
      const wanted = nextDeadline(step.state, context)
      const isTimed = wanted === undefined || (kept.timer !== null && kept.timer <= wanted)
      if (!isSame || !isTimed) settle(key, kept, kept, step)
    }

    return {
      in: (incoming) => {
        const key = keyOf(incoming)
        const before = readKept(state.get(key))
        settle(key, before, incoming, judge(before?.alarm, incoming))
      },
      onStart: () => {
        context.started = now()
      },
      onTimer: ({ key }) => {
        const kept = readKept(state.get(key))
        if (kept !== undefined) settle(key, { ...kept, timer: null }, kept, onTime(kept.alarm, now(), context))
      },
      onCommand: (command) => {
        const kept = readKept(state.get(command.key))
        if (command.name === 'refresh') {
          if (kept !== undefined) refresh(command.key, kept)
          return
        }
        const step = onCommand(kept?.alarm, { command, now: now() }, context)
        if (kept !== undefined) settle(command.key, kept, kept, step)
      },
    }
  },
})

function isTrue(when: Evaluate, incoming: Message): boolean {
  return when(incoming) === true
}

/** What this node wrote for a key; undefined for what an early version wrote. */
function readKept(value: Json | undefined): Kept | undefined {
  // State comes back as it was set, by this node type alone; `levels` tells this form from the first one.
  const kept = value as Kept | undefined
  return kept === undefined || !('levels' in kept.alarm) ? undefined : kept
}
