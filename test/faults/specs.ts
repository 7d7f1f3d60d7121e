import { type AnyNodeSpec, defineNode, derive, port, z } from '../../engine/node.ts'
import { nodeSpecs } from '../../nodes/index.ts'

/** Ends the process when its input says so: what a defect in a node would do. */
const killer: AnyNodeSpec = defineNode({
  type: 'killer',
  title: 'Killer',
  category: 'more',
  summary: 'Ends the process for a payload with "kill".',
  icon: 'square',
  config: z.strictObject({}),
  inputs: { in: port('any', 'Messages') },
  outputs: { out: port('same:in', 'What does no harm') },
  examples: [],
  create: ({ out }) => ({
    in(message) {
      const { payload } = message
      if (typeof payload === 'object' && payload !== null && 'kill' in payload) process.kill(process.pid, 'SIGKILL')
      out.out(message)
    },
  }),
})

/** Counts in its state: a change of state that is lost or made twice shows in all that follow. */
const counter: AnyNodeSpec = defineNode({
  type: 'counter',
  title: 'Counter',
  category: 'more',
  summary: 'Counts the messages of each lane.',
  icon: 'square',
  config: z.strictObject({}),
  inputs: { in: port('any', 'Messages') },
  outputs: { out: port('any', 'The message with its count') },
  examples: [],
  create: ({ out, state }) => ({
    in(message) {
      const key = message.params.lane ?? ''
      const count = Number(state.get(key) ?? 0) + 1
      state.set(key, count)
      out.out(derive(message, { count }))
    },
  }),
})

/** The node types of Rulewire, and some that only the fault tests have. */
export const faultSpecs: ReadonlyMap<string, AnyNodeSpec> = new Map([
  ...nodeSpecs,
  ['killer', killer],
  ['counter', counter],
])
