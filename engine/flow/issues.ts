import type { z } from 'zod'
import { type ErrorCode, errorTable, type Place, type Problem, problem } from '../errors.ts'
import { exampleOf, type FieldSchema, fieldAt, fieldNames, kindText } from './fieldschema.ts'
import { type Path, pathText, valueAt } from './path.ts'
import { oneLine } from './print.ts'
import { foundText, listed, shortText, suggester } from './words.ts'

/** Where the value stands that zod looked at, and what was wanted of it. */
export interface IssueContext {
  /** The value that was parsed. */
  root: unknown
  schema: FieldSchema
  /** Path of that value in the document. */
  base: Path
  place: Place
}

type Issue = z.core.$ZodIssue

/** How much is said of one value: of a config with a thousand faults, the first ones tell enough. */
const mostIssues = 50

/** Turns what zod found into problems that name the value, its place, and what to write instead. */
export function problemsOfIssues(issues: readonly Issue[], context: IssueContext): Problem[] {
  return issues.slice(0, mostIssues).flatMap((issue) => convert(issue, [], context))
}

/** @param inside path to the value whose branch of a union this issue belongs to */
function convert(issue: Issue, inside: Path, context: IssueContext): Problem[] {
  const path = [...inside, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))]
  const { found, value } = valueAt(context.root, path)
  const schema = fieldAt(context.schema, path)
  const place = { ...context.place, at: pathText([...context.base, ...path]) }
  const field = fieldLabel([...context.base, ...path])
  if (issue.code === 'custom') return [customProblem(issue, { field, value, schema, place })]
  if (issue.code === 'unrecognized_keys') return unknownFields(issue.keys, path, context)
  if (issue.code === 'invalid_key') {
    const wanted = 'Choose another name.'
    return [
      problem(
        'WRONG_VALUE',
        { field, found: 'no name for a field here', detail: ownMessage(issue) ?? keyDetail(issue), wanted },
        place,
      ),
    ]
  }
  if (!found || value === undefined) {
    const example = exampleOf(schema)
    const text = example === undefined ? kindText(schema) : oneLine(example)
    return [problem('MISSING_FIELD', { field, example: `"${field}": ${text}` }, place)]
  }
  if (issue.code === 'invalid_union') {
    const branch = nearestBranch(issue)
    if (branch !== undefined) return branch.flatMap((inner) => convert(inner, path, context))
  }
  const wanted = 'options' in issue && Array.isArray(issue.options) ? oneOf(issue.options) : wantedText(schema)
  // Whoever writes a password in place of its name must not find it in logs and reports.
  const shown = typeof value === 'string' && isSecretReference(schema) ? '(hidden)' : foundText(value)
  return [problem('WRONG_VALUE', { field, found: shown, detail: detailOf(issue, value), wanted }, place)]
}

function isSecretReference(schema: FieldSchema | undefined): boolean {
  return schema?.properties?.$secret !== undefined
}

/** The problems of one choice of a union, if it is plain which one was meant: the value has its kind. */
function nearestBranch(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] | undefined {
  const meant = issue.errors.filter((branch) => !branch.some(isAboutTheWhole))
  return meant.sort((one, other) => one.length - other.length)[0]
}

function isAboutTheWhole(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
}

function unknownFields(keys: readonly string[], path: Path, context: IssueContext): Problem[] {
  const names = fieldNames(fieldAt(context.schema, path))
  const near = suggester(names)
  const fields = listed(names)
  return keys.slice(0, mostIssues).map((field) => {
    const place = { ...context.place, at: pathText([...context.base, ...path, field]) }
    return problem('UNKNOWN_FIELD', { field: shortText(field), suggestion: near(field), fields }, place)
  })
}

/** What a field's own check found: the problem that it names in `params`, or its message. */
function customProblem(
  issue: Extract<Issue, { code: 'custom' }>,
  { field, value, schema, place }: { field: string; value: unknown; schema: FieldSchema | undefined; place: Place },
): Problem {
  const params = issue.params ?? {}
  const code = params.problem
  if (typeof code === 'string' && Object.hasOwn(errorTable, code)) {
    // which values the code needs is settled where the field is declared; a missing one would stand in the text as {name}
    const make = (detail: string) => problem(code as ErrorCode, { detail, ...shortened(params) } as never, place)
    return make(withoutFrame(issue.message, make(mark).text))
  }
  const message = issue.message.replace(`${JSON.stringify(value)} is `, 'it is ')
  const [detail = message, advice] = message.split('; ')
  const wanted = advice === undefined ? wantedText(schema) : `${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`
  return problem('WRONG_VALUE', { field, found: foundText(value), detail, wanted }, place)
}

/** The message that the declaration of a field gives itself; undefined when it is zod's own. */
function ownMessage(issue: Issue): string | undefined {
  return /^(?:Invalid|Too|Unrecognized|Number must)\b/.test(issue.message) ? undefined : issue.message
}

function keyDetail(issue: Extract<Issue, { code: 'invalid_key' }>): string {
  const [first] = issue.issues
  return (first === undefined ? undefined : ownMessage(first)) ?? 'its form is not right'
}

function shortened(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(params)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? shortText(value, 200) : value]),
  )
}

/** Stands for the detail while the text around it is found. */
const mark = '\u0000'

/** The detail alone, of a message that is the whole text of its problem. */
function withoutFrame(message: string, frame: string): string {
  const [before = '', after = ''] = frame.split(mark)
  const framed = message.startsWith(before) && message.endsWith(after) && message.length >= before.length + after.length
  return framed ? message.slice(before.length, message.length - after.length) : message
}

function detailOf(issue: Issue, value: unknown): string {
  const own = ownMessage(issue)
  if (own !== undefined) return own
  switch (issue.code) {
    case 'too_small':
      return tooSmall(issue, value)
    case 'too_big':
      return tooBig(issue)
    case 'invalid_value':
    case 'invalid_union':
      return 'that is not one of the choices'
    case 'invalid_type':
      if (typeof value === 'number') return issue.expected === 'int' ? 'that is no whole number' : 'that is a number'
      return `that is ${kindOfValue(value)}`
    case 'invalid_format':
      return 'its form is not right'
    case 'not_multiple_of':
      return `that is no multiple of ${issue.divisor}`
    default:
      return issue.message
  }
}

function tooSmall(issue: Extract<Issue, { code: 'too_small' }>, value: unknown): string {
  if (value === '' || (Array.isArray(value) && value.length === 0)) return 'that is empty'
  if (issue.origin === 'string') return `that is shorter than ${issue.minimum} characters`
  if (issue.origin === 'array') return `it has fewer than ${issue.minimum} items`
  return issue.inclusive === false ? `that is not above ${issue.minimum}` : `that is below ${issue.minimum}`
}

function tooBig(issue: Extract<Issue, { code: 'too_big' }>): string {
  if (issue.origin === 'string') return `that is longer than ${issue.maximum} characters`
  if (issue.origin === 'array') return `it has more than ${issue.maximum} items`
  return issue.inclusive === false ? `that is not below ${issue.maximum}` : `that is above ${issue.maximum}`
}

function kindOfValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'text'
  return typeof value === 'object' ? 'an object' : 'true or false'
}

function wantedText(schema: FieldSchema | undefined): string {
  const example = schema?.examples?.[0] ?? (schema?.format === 'duration' ? '5m' : undefined)
  return `Write ${kindText(schema)}${example === undefined ? '' : `, such as ${JSON.stringify(example)}`}.`
}

function oneOf(options: readonly unknown[]): string {
  return `Write one of ${options.map((option) => JSON.stringify(option)).join(', ')}.`
}

/** The last name on a path with the places behind it: `cases[1]`. */
function fieldLabel(path: Path): string {
  const last = path.findLastIndex((step) => typeof step === 'string')
  return last < 0 ? pathText(path) : `${shortText(String(path[last]))}${pathText(path.slice(last + 1))}`
}
