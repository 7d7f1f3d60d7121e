import { duration, expression, z } from '../../engine/node.ts'
import { isResult, resultForms } from './aggregate.ts'
import { keyField } from './keyed.ts'

/** The results of a window that names none. */
export const usualResults = ['count', 'mean', 'min', 'max']
const mostItems = 10_000

/** What can be told a window node. */
export const windowConfig = z
  .strictObject({
    key: keyField('windows of its own'),
    value: expression()
      .optional()
      .meta({
        title: 'Value',
        description: 'JSONata for the item; a number unless "compute" is there. Without it: the payload.',
        examples: ['payload.temperature'],
      }),
    kind: z
      .enum(['tumbling', 'sliding', 'session'])
      .default('tumbling')
      .meta({
        title: 'Kind',
        description: 'Tumbling: one after the other. Sliding: the last ones, at each message. Session: until a gap.',
        examples: ['sliding', 'session'],
      }),
    length: duration()
      .refine((milliseconds) => milliseconds > 0, 'a window has some length; write 1h, for example')
      .optional()
      .meta({ title: 'Length', description: 'Of a tumbling or sliding window, as a time.', examples: ['1h', '15m'] }),
    count: z
      .int()
      .min(1)
      .max(mostItems)
      .optional()
      .meta({ title: 'Count', description: 'Of a tumbling or sliding window, in items.', examples: [10] }),
    gap: duration()
      .refine((milliseconds) => milliseconds > 0, 'a gap has some length; write 5m, for example')
      .optional()
      .meta({ title: 'Gap', description: 'A session ends when nothing was measured for so long.', examples: ['5m'] }),
    wait: duration()
      .prefault('1s')
      .meta({
        title: 'Wait',
        description: 'How long a window waits for messages that are under way after its end.',
        examples: ['30s'],
      }),
    results: z
      .array(z.string().refine(isResult, `that is no result; write ${resultForms}`))
      .min(1)
      .max(32)
      .optional()
      .meta({
        title: 'Results',
        description: `Fields of the payload: ${resultForms}. Without it: ${usualResults.join(', ')}.`,
        examples: [['mean', 'p95', 'stddev']],
      }),
    compute: expression('any', ['items', 'times', 'from', 'to', 'key'])
      .optional()
      .meta({
        title: 'Compute',
        description: 'JSONata for the payload, instead of results: over $items, with $times, $from, $to and $key.',
        examples: ['{ "spread": $max($items) - $min($items) }'],
      }),
    limit: z
      .int()
      .min(1)
      .max(mostItems)
      .default(1000)
      .meta({ title: 'Limit', description: 'Items of a window that are kept one by one.', examples: [100] }),
  })
  .superRefine(({ kind, length, count, gap, results, compute, limit }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (kind === 'session') {
      if (gap === undefined) refuse('gap', 'a session needs "gap"; write 5m, for example')
      if (length !== undefined)
        refuse('length', 'a session has no length of its own; leave it out, or choose another kind')
      if (count !== undefined) refuse('count', 'a session has no count; leave it out, or choose another kind')
    } else {
      if (gap !== undefined) refuse('gap', 'only a session has a gap; leave it out, or set "kind" to session')
      if (length === undefined && count === undefined) {
        refuse('length', 'neither "length" nor "count" is there; give one of them')
      }
      if (length !== undefined && count !== undefined)
        refuse('count', '"length" and "count" are both there; keep one of them')
    }
    if (results !== undefined && compute !== undefined) {
      refuse('compute', '"results" and "compute" are both there; keep one of them')
    }
    if (count !== undefined && count > limit && (kind === 'sliding' || compute !== undefined)) {
      refuse('limit', `it is less than "count"; write ${count} or more`)
    }
  })
