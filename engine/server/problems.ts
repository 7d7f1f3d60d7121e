import { z } from 'zod'
import { rulewireError } from '../errors.ts'
import { fieldSchema } from '../flow/fieldschema.ts'
import { problemsOfIssues } from '../flow/issues.ts'

/** Where a value of a request stands. */
export type Part = 'path' | 'query' | 'body'

/** Checks a part of a request by its schema. Throws BAD_REQUEST that lists everything that is wrong with it. */
export function checked<Schema extends z.ZodObject>(schema: Schema, value: unknown, part: Part): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const context = { root: value, schema: fieldSchema(schema), base: [part], place: {} }
  const problems = problemsOfIssues(result.error.issues, context)
  const [first, ...others] = problems
  const more = others.length === 0 ? '' : ` There are ${others.length} more problems.`
  const detail = `${first?.text ?? 'The request does not fit.'}${more}`
  const place = first?.at === undefined ? {} : { at: first.at }
  throw rulewireError('BAD_REQUEST', { detail, wanted: first?.hint ?? '' }, { ...place, problems })
}

/** A text that is an id, as flows and nodes have it (C30). */
export function idText() {
  return z.string().superRefine((id, context) => {
    if (/^[a-z0-9-]{1,64}$/.test(id)) return
    context.addIssue({ code: 'custom', message: 'not an id', params: { problem: 'BAD_ID', id } })
  })
}

/** A text that stands in no answer and no log, whatever is wrong with it: passwords and tokens. Lengths in characters. */
export function secretText(field: string, least = 1, most = 1024) {
  return z.unknown().transform((value, context) => {
    if (typeof value === 'string' && value.length >= least && value.length <= most) return value
    const detail =
      typeof value === 'string' ? `${value.length} characters long` : value === undefined ? 'missing' : 'no text'
    const params = { problem: 'SECRET_TEXT', field, detail, least, most }
    context.addIssue({ code: 'custom', message: detail, params })
    return z.NEVER
  })
}

/** A topic that can be published to. */
export function topicText() {
  return z.string().superRefine((topic, context) => {
    const detail = topicFault(topic)
    if (detail === undefined) return
    context.addIssue({ code: 'custom', message: detail, params: { problem: 'TOPIC_NAME', topic, detail } })
  })
}

/** A whole number in a path or a query, where everything is text. */
export function countText(least = 0, most = Number.MAX_SAFE_INTEGER) {
  return z.string().transform((text, context) => {
    const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (count >= least && count <= most) return count
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
    context.addIssue({ code: 'custom', message: `it is no whole number ${range}; write one, such as ${least}` })
    return z.NEVER
  })
}

function topicFault(topic: string): string | undefined {
  if (topic === '') return 'it is empty'
  if (/[+#]/.test(topic)) return 'it holds a wildcard'
  if (topic.includes('\0')) return 'it holds a NUL'
  if (Buffer.byteLength(topic) > 65_535) return 'it is longer than 65,535 bytes'
  return undefined
}
