import {
  arrayOf,
  BYTES,
  defineNode,
  expression,
  NULL,
  NUMBER,
  openObject,
  port,
  type SqlValue,
  STRING,
  suggestion,
  union,
  withPayload,
  z,
} from '../engine/node.ts'
import { queryFault, queryNames, sqlValue } from './lib/sql.ts'
import { withFields } from './lib/types.ts'

/** Reads from tables with SQL. */
export default defineNode({
  type: 'query',
  title: 'Query',
  category: 'state',
  summary: 'Runs a read-only SQL query for each message and sends the rows on.',
  icon: 'table-properties',
  docs: `Runs a query on the engine's SQLite database for each message, and sends the message on with the result as payload:

| result | payload | when no row is found |
|---|---|---|
| \`rows\` | a list of objects, one for each row | an empty list |
| \`first\` | the first row, an object | null |
| \`value\` | the first column of the first row | null |

Values go into the query as \`:name\`, and **parameters** has the JSONata for each. Text of a message never becomes SQL. Booleans
are given as 1 and 0, lists and objects as JSON text, and nothing as NULL.

The query can only read, and holds one statement. The engine's own tables (\`rw_...\`) cannot be asked. It sees what was committed before the current batch of messages (a few
milliseconds), so a row that a store node writes for the same message is not there yet. A query that SQLite refuses sends the
message to the port \`error\` (QUERY_FAILED). It runs between messages: make it fast with conditions on
\`time\`. Nothing ends one that takes too long.`,
  config: z
    .strictObject({
      sql: z
        .string()
        .max(20_000)
        .superRefine((sql, context) => {
          const fault = queryFault(sql)
          if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
        })
        .meta({
          title: 'SQL',
          description: 'One statement that reads. Values are written :name.',
          examples: ['SELECT device, avg(temperature) AS mean FROM readings WHERE time >= :since GROUP BY device'],
          format: 'sql',
        }),
      parameters: z
        .record(z.string().regex(/^[A-Za-z_]\w{0,63}$/), expression())
        .default({})
        .meta({
          title: 'Parameters',
          description: 'JSONata for each :name in the query.',
          examples: [{ since: '$millis() - 3600000', device: 'params.device' }],
        }),
      result: z
        .enum(['rows', 'first', 'value'])
        .default('rows')
        .meta({
          title: 'Result',
          description: 'All rows, the first row, or the first value of it.',
          examples: ['first'],
        }),
    })
    .superRefine(({ sql, parameters }, context) => {
      const wanted = queryNames(sql)
      const given = Object.keys(parameters)
      for (const name of wanted.filter((name) => !given.includes(name))) {
        context.addIssue({
          code: 'custom',
          path: ['parameters'],
          message: `the query needs :${name}, which is not among them; add "${name}" with its JSONata`,
        })
      }
      for (const name of given.filter((name) => !wanted.includes(name))) {
        context.addIssue({
          code: 'custom',
          path: ['parameters', name],
          message: `there is no :${name} in the query${suggestion(name, wanted) || '; take it out'}`,
        })
      }
    }),
  inputs: { in: port('any', 'Messages to answer') },
  outputs: { out: port('any', 'The message with the result as payload') },
  examples: [
    {
      title: 'Rows with a bound value',
      config: {
        sql: "WITH limits(kind, high) AS (VALUES ('fridge', 8), ('freezer', -15)) SELECT kind, high FROM limits WHERE kind = :kind",
        parameters: { kind: 'payload.kind' },
      },
      steps: [
        {
          send: { in: { payload: { kind: 'fridge' } } },
          expect: { out: [{ payload: [{ kind: 'fridge', high: 8 }] }] },
        },
        { send: { in: { payload: { kind: "' OR 1=1 --" } } }, expect: { out: [{ payload: [] }] } },
      ],
    },
    {
      title: 'One value, or null',
      config: {
        sql: 'SELECT :a + :b WHERE :a IS NOT NULL',
        parameters: { a: 'payload.a', b: 'payload.b' },
        result: 'value',
      },
      steps: [
        { send: { in: { payload: { a: 2, b: 3 } } }, expect: { out: [{ payload: 5 }] } },
        { send: { in: { payload: { b: 3 } } }, expect: { out: [{ payload: null }] } },
      ],
    },
    {
      title: 'A table that is not there',
      config: { sql: 'SELECT * FROM nowhere', result: 'first' },
      steps: [{ send: { in: { payload: 1 } }, expect: { error: [{ payload: 1 }] } }],
    },
  ],
  infer: ({ config, inputs }) => ({ out: withFields(inputs.in, { payload: resultTypes[config.result] }) }),
  create: ({ config, out, tables }) => {
    const { sql, result } = config
    const names = Object.keys(config.parameters)
    const values = Object.values(config.parameters)
    return {
      in: (message) => {
        const parameters: Record<string, SqlValue> = {}
        for (let index = 0; index < names.length; index++)
          parameters[names[index] ?? ''] = sqlValue(values[index]?.(message))
        const rows = tables.query(sql, parameters)
        out.out(withPayload(message, pick(rows, result)))
      },
    }
  },
})

/** The columns are not known before the query runs. */
const row = openObject({}, union(NULL, NUMBER, STRING, BYTES))
const resultTypes = { rows: arrayOf(row), first: union(row, NULL), value: union(NULL, NUMBER, STRING, BYTES) }

function pick(rows: readonly Record<string, SqlValue>[], result: 'rows' | 'first' | 'value'): unknown {
  if (result === 'rows') return rows
  const first = rows[0]
  if (result === 'first' || first === undefined) return first ?? null
  return Object.values(first)[0] ?? null
}
