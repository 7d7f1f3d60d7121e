import {
  closedObject,
  defineNode,
  duration,
  messageType,
  NULL,
  NUMBER,
  port,
  STRING,
  type StatusChange,
  type StatusKind,
  statusKinds,
  stringOf,
  TIME,
  union,
  z,
} from '../engine/node.ts'

/** What is kept of a subject: what was told of it last, and what may be told soon. */
type Known = {
  readonly told: Value | null
  readonly next?: Value & { readonly since: number }
}

/** A level of a subject. */
type Value = {
  readonly state: string | number
  readonly text: string
  readonly version: string
}

/** Kinds whose every change is told at once. */
const immediate: readonly StatusKind[] = ['deploy', 'dead-letters']
/** What a connection and the engine should be: only what is otherwise is told at first. */
const usual: Readonly<Partial<Record<StatusKind, string>>> = { connection: 'connected', health: 'healthy' }
/** Key under which the kinds stand that were noted. No subject is named so. */
const notedKey = ''

/** Tells what changes in the engine. */
export default defineNode({
  type: 'status',
  title: 'Status',
  category: 'more',
  summary: 'Sends a message when a connection, a flow, a node or the engine changes its state.',
  icon: 'activity',
  docs: `Sends a message when something changes in the engine:

| kind | subject | state |
|---|---|---|
| \`connection\` | name of a connection | \`connected\`, or \`connecting\`, \`disconnected\`, ... |
| \`health\` | \`engine\` | \`healthy\` or \`unhealthy\` |
| \`deploy\` | a flow | \`running\`, \`disabled\`, \`held\` (the last good version runs on), \`failed\` or \`removed\` |
| \`dead-letters\` | \`flow/node\` | id of the latest one |
| \`errors\` | \`flow/node\` | \`high\` above the number of failures in a minute that is set here, \`normal\` at half of it |
| \`node\` | \`flow/node\` | the text that the node shows |

The payload has \`kind\`, \`subject\`, \`state\`, \`before\` (the state that was told before, or null), \`text\` (a sentence) and \`since\`. The topic is \`status/kind/subject\`, the key the subject.
**Flow**, **node** and **connection** narrow it down; a kind without such a part is not narrowed by it.

**Lasting**: a connection, the health, an error rate and a node's text are told when they are other than what was told last for that long. What comes back before is not told. A deploy
and a dead letter are told at once.

**What is kept**: for each subject what was told last. When the node comes into a flow it notes what is there, and tells only
of connections that are not connected and of an engine that is not healthy. After a restart it tells what is other than what it told
last: a connection that broke before the engine ended and is back is told; one that is as before is not. A wait goes on over a restart. The engine looks about once a second, so what
was there for less is not seen.

**No circles**: what happens at this node and at the nodes that its messages may reach, over wires, links and topics, is not told for the kinds \`node\`, \`errors\` and \`dead-letters\`.`,
  config: z.strictObject({
    kinds: z
      .array(z.enum(statusKinds))
      .min(1)
      .default(['connection', 'health', 'deploy', 'dead-letters', 'errors'])
      .meta({ title: 'Kinds', description: 'What is told.', examples: [['connection', 'health']] }),
    flow: z
      .string()
      .min(1)
      .optional()
      .meta({ title: 'Flow', description: 'Only of this flow, and its nodes.', examples: ['cold-chain'] }),
    node: z
      .string()
      .min(1)
      .optional()
      .meta({ title: 'Node', description: 'Only of nodes with this id.', examples: ['too-warm'] }),
    connection: z
      .string()
      .min(1)
      .optional()
      .meta({ title: 'Connection', description: 'Only of this connection.', examples: ['plant'] }),
    errorsAbove: z
      .int()
      .min(0)
      .default(10)
      .meta({ title: 'Errors above', description: 'Failures in a minute that are too many.', examples: [0, 10] }),
    lasting: duration()
      .prefault('3s')
      .meta({ title: 'Lasting', description: 'How long a change must last to be told.', examples: ['0s', '3s', '1m'] }),
  }),
  inputs: {},
  outputs: {
    out: port(
      messageType({
        fields: {
          params: closedObject({}),
          payload: closedObject({
            kind: stringOf(...statusKinds),
            subject: STRING,
            state: union(STRING, NUMBER),
            before: union(STRING, NUMBER, NULL),
            text: STRING,
            since: TIME,
          }),
        },
      }),
      'Each change',
    ),
  },
  watches: 'status',
  examples: [
    {
      title: 'A connection that stays away',
      config: { kinds: ['connection'], lasting: '3s' },
      steps: [
        {
          status: { complete: true, changes: [{ kind: 'connection', subject: 'plant', state: 'connected', text: '' }] },
          expect: {},
        },
        {
          status: {
            complete: false,
            changes: [{ kind: 'connection', subject: 'plant', state: 'disconnected', text: 'plant is disconnected.' }],
          },
          expect: {},
        },
        {
          advance: '3s',
          expect: {
            out: [
              {
                topic: 'status/connection/plant',
                key: 'plant',
                payload: {
                  kind: 'connection',
                  subject: 'plant',
                  state: 'disconnected',
                  before: 'connected',
                  text: 'plant is disconnected.',
                  since: 1767225600000,
                },
              },
            ],
          },
        },
        {
          status: {
            complete: false,
            changes: [{ kind: 'connection', subject: 'plant', state: 'connected', text: '' }],
          },
        },
        { advance: '2s' },
        {
          status: {
            complete: false,
            changes: [{ kind: 'connection', subject: 'plant', state: 'disconnected', text: '' }],
          },
        },
        { advance: '1m', expect: {} },
      ],
    },
    {
      title: 'Dead letters of one flow',
      config: { kinds: ['dead-letters'], flow: 'cold-chain' },
      steps: [
        { status: { complete: true, changes: [] } },
        {
          status: {
            complete: false,
            changes: [
              { kind: 'dead-letters', subject: 'cold-chain/celsius', state: 7, text: 'not a number' },
              { kind: 'dead-letters', subject: 'other/celsius', state: 8, text: 'not a number' },
            ],
          },
          expect: { out: [{ key: 'cold-chain/celsius' }] },
        },
      ],
    },
    {
      title: 'Too many errors, until they are half as many',
      config: { kinds: ['errors'], errorsAbove: 10, lasting: '0s' },
      steps: [
        { status: { complete: true, changes: [] } },
        {
          status: { complete: false, changes: [{ kind: 'errors', subject: 'a/b', state: 11, text: '' }] },
          expect: { out: [{ key: 'a/b' }] },
        },
        {
          status: { complete: false, changes: [{ kind: 'errors', subject: 'a/b', state: 6, text: '' }] },
          expect: {},
        },
        {
          status: { complete: false, changes: [{ kind: 'errors', subject: 'a/b', state: 5, text: '' }] },
          expect: { out: [{ key: 'a/b' }] },
        },
      ],
    },
  ],
  create: ({ config, out, state, timers, now, message }) => {
    const { kinds, flow, node, connection, errorsAbove, lasting } = config

    const concerns = ({ kind, subject }: StatusChange) => {
      if (!kinds.includes(kind)) return false
      if (kind === 'connection') return connection === undefined || connection === subject
      if (kind === 'health') return true
      const [ofFlow, ofNode] = subject.split('/')
      if (flow !== undefined && flow !== ofFlow) return false
      return node === undefined || ofNode === undefined || node === ofNode
    }

    const tell = (key: string, { told, next }: Known) => {
      if (next === undefined) return
      const { since, ...value } = next
      state.set(key, { told: { ...value } })
      timers.cancel(key, 'lasting')
      const { kind, subject } = partsOf(key)
      const before = told?.state ?? null
      const payload = { kind, subject, state: value.state, before, text: value.text, since }
      out.out(message({ topic: `status/${kind}/${subject}`, key: subject, payload, time: since }))
    }

    const take = (change: StatusChange, noting: boolean) => {
      const key = keyOf(change)
      const before = readKnown(state.get(key))
      if (change.state === undefined && change.kind !== 'deploy') {
        if (before === undefined) return
        state.delete(key)
        timers.cancel(key, 'lasting')
        return
      }
      const value = levelOf(change, before, errorsAbove)
      // an error rate that is as it should be is no news
      if (before === undefined && change.kind === 'errors' && value.state === 'normal') return
      if (noting && !(change.kind in usual)) return state.set(key, { told: value })
      const known = noting ? usualOf(change, value) : before
      if (isSame(known?.told, value)) {
        if (known?.next === undefined && !noting) return
        state.set(key, { told: value })
        timers.cancel(key, 'lasting')
        return
      }
      const next = { ...value, since: known?.next?.since ?? now() }
      if (isSame(known?.next, value)) return
      const pending: Known = { told: known?.told ?? null, next }
      if (lasting === 0 || immediate.includes(change.kind)) return tell(key, pending)
      state.set(key, pending)
      timers.set(key, 'lasting', next.since + lasting)
    }

    return {
      onStatus: ({ complete, changes }) => {
        const noted = readNoted(state.get(notedKey))
        const fresh = complete ? kinds.filter((kind) => !noted.includes(kind)) : []
        if (fresh.length > 0) state.set(notedKey, [...noted, ...fresh])
        for (const change of changes) if (concerns(change)) take(change, fresh.includes(change.kind))
      },
      onTimer: ({ key }) => {
        const known = readKnown(state.get(key))
        if (known !== undefined) tell(key, known)
      },
    }
  },
})

function keyOf({ kind, subject }: StatusChange): string {
  return `${kind} ${subject}`
}

function partsOf(key: string): { kind: string; subject: string } {
  const space = key.indexOf(' ')
  return { kind: key.slice(0, space), subject: key.slice(space + 1) }
}

/** The level of a change. An error rate is high or normal, with a gap between the two. */
function levelOf({ kind, state, text, version = '' }: StatusChange, known: Known | undefined, most: number): Value {
  if (kind !== 'errors') return { state: state ?? 'removed', text, version }
  const before = known?.next?.state ?? known?.told?.state
  const rate = Number(state)
  const high = rate > most || (before === 'high' && rate > most / 2)
  return { state: high ? 'high' : 'normal', text, version }
}

/** As if it had been told that all is well. */
function usualOf({ kind }: StatusChange, value: Value): Known {
  return { told: { ...value, state: usual[kind] ?? value.state, text: '' } }
}

function isSame(one: Value | null | undefined, other: Value): boolean {
  return one?.state === other.state && one.version === other.version
}

/** What this node wrote for a subject. */
function readKnown(value: unknown): Known | undefined {
  // State comes back as it was set, by this node type alone.
  return value as Known | undefined
}

function readNoted(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
