import { defineNode, duration, expression, port, type SqlValue, z } from '../engine/node.ts'
import { sqlValue } from './lib/sql.ts'

const takenPrefix = /^(?:rw_|sqlite_)/i
const nameShape = /^[A-Za-z][A-Za-z0-9_]{0,62}$/
const oneHour = 3_600_000
const oneSecond = 1000

/** Writes rows into a table of the engine's database. */
export default defineNode({
  type: 'store',
  title: 'Store',
  category: 'sinks',
  summary: 'Writes a row for each message into a table of the SQLite database.',
  icon: 'database',
  docs: `Writes one row for each message into a **table** of the engine's SQLite database. The row is committed together with
everything else that the message did: when a broker gets its acknowledgement, the row is on the disk.

The table is made when this node is deployed, so that a query finds it before its first row, and gets a new column when one is added here. Every table has a column \`time\`,
filled with the message's time in UTC milliseconds. The other **columns** are expressions:

| result | stored as |
|---|---|
| number, text, bytes | as it is |
| boolean | 1 or 0 |
| object, array | JSON text (SQLite's \`json_extract\` reads it) |
| null, or nothing found | NULL |

With **keep**, rows whose \`time\` is older are deleted, about every hundredth part of that duration (at least each second, at most each hour). Without
it the table grows for ever.

Names of tables and columns have letters, digits and \`_\`, and start with a letter. \`rw_\` and \`sqlite_\` in front are taken.`,
  config: z.strictObject({
    table: z
      .string()
      .superRefine((name, context) => refuseName(name, context))
      .meta({ title: 'Table', description: 'Is created when it is not there.', examples: ['readings'] }),
    columns: z
      .record(z.string(), expression())
      .superRefine((columns, context) => {
        for (const name of Object.keys(columns)) {
          refuseName(name, context)
          if (name.toLowerCase() === 'time') {
            context.addIssue({
              code: 'custom',
              path: [name],
              message: 'the column "time" is there by itself; set the time of a message with mqtt-in or transform',
            })
          }
        }
        const names = new Set(Object.keys(columns).map((name) => name.toLowerCase()))
        if (names.size < Object.keys(columns).length) {
          context.addIssue({
            code: 'custom',
            message: 'two columns differ only in upper and lower case, which SQLite ignores; rename one',
          })
        }
      })
      .meta({
        title: 'Columns',
        description: 'Name of each column and the JSONata for its value. The column "time" is there by itself.',
        examples: [{ device: 'params.device', temperature: 'payload.temperature' }],
      }),
    keep: duration()
      .refine(
        (milliseconds) => milliseconds > 0,
        'rows must be kept for longer than nothing; leave it out to keep them all',
      )
      .optional()
      .meta({
        title: 'Keep',
        description: 'Older rows are deleted. Without it all rows stay.',
        examples: ['30d', '1h'],
      }),
  }),
  inputs: { in: port('any', 'Messages to store') },
  outputs: {},
  examples: [
    {
      title: 'A row for each reading',
      config: {
        table: 'readings',
        columns: { device: 'params.device', temperature: 'payload.temperature', ok: 'payload.ok' },
      },
      steps: [
        {
          send: { in: { params: { device: 'a' }, time: 1767261600000, payload: { temperature: 21.5, ok: true } } },
          rows: { readings: [{ time: 1767261600000, device: 'a', temperature: 21.5, ok: 1 }] },
        },
      ],
    },
    {
      title: 'Missing values are NULL, objects are JSON text',
      config: { table: 'events', columns: { kind: 'payload.kind', detail: 'payload.detail' } },
      steps: [
        {
          send: { in: { payload: { detail: { a: [1, 2] } } } },
          rows: { events: [{ kind: null, detail: '{"a":[1,2]}' }] },
        },
      ],
    },
    {
      title: 'Rows are kept for an hour',
      config: { table: 'recent', columns: { value: 'payload' }, keep: '1h' },
      steps: [
        { send: { in: { payload: 1 } }, rows: { recent: [{ value: 1 }] } },
        { advance: '50m' },
        { send: { in: { payload: 2 } }, rows: { recent: [{ value: 1 }, { value: 2 }] } },
        { advance: '12m', rows: { recent: [{ value: 2 }] } },
      ],
    },
    {
      title: 'An expression that fails stores nothing',
      config: { table: 'sums', columns: { total: 'payload.a + payload.b' } },
      steps: [{ send: { in: { payload: { a: 1, b: 'x' } } }, expect: { error: [{ payload: { a: 1, b: 'x' } }] } }],
    },
  ],
  create: ({ config, tables, timers, now }) => {
    const { table, keep } = config
    const names = Object.keys(config.columns)
    const values = Object.values(config.columns)
    return {
      in: (message) => {
        const row: Record<string, SqlValue> = { time: message.time }
        for (let index = 0; index < names.length; index++) row[names[index] ?? ''] = sqlValue(values[index]?.(message))
        tables.insert(table, row)
      },
      onStart: () => {
        tables.create(table, ['time', ...names])
        if (keep === undefined) timers.cancel('', 'keep')
        else timers.set('', 'keep', now())
      },
      onTimer: () => {
        if (keep === undefined) return
        tables.deleteBelow(table, 'time', now() - keep)
        timers.set('', 'keep', now() + Math.min(oneHour, Math.max(oneSecond, Math.ceil(keep / 100))))
      },
    }
  },
})

interface NameContext {
  addIssue(issue: { code: 'custom'; message: string; params: Record<string, unknown> }): void
}

function refuseName(name: string, context: NameContext): void {
  if (nameShape.test(name) && !takenPrefix.test(name)) return
  context.addIssue({
    code: 'custom',
    message: `"${name}" cannot be a table or column name`,
    params: { problem: 'TABLE_NAME', name },
  })
}
