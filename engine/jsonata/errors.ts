/** What is known of an error; the fields are those of the library's errors. */
export interface ErrorDetails {
  readonly code: string
  readonly message: string
  /** Offset into the text, UTF-16 code units. */
  readonly position?: number | undefined
  /** The operator, name or function that is to blame. */
  readonly token?: unknown
  /** The value that was found. */
  readonly value?: unknown
  readonly value2?: unknown
  /** Which argument, counted from 1. */
  readonly index?: number | undefined
  readonly cause?: unknown
}

/** An expression that does not parse, or that failed; code, position, token and message as the library has them. */
export class JsonataError extends Error {
  override readonly name = 'JsonataError'
  readonly code: string
  readonly position: number | undefined
  readonly token: unknown
  readonly value: unknown
  readonly value2: unknown
  readonly index: number | undefined

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = details.code
    this.position = details.position
    this.token = details.token
    this.value = details.value
    this.value2 = details.value2
    this.index = details.index
  }
}

/** The fields that a failure may have from the start. */
export interface FailureFields {
  readonly position?: number | undefined
  readonly token?: unknown
  readonly value?: unknown
  readonly value2?: unknown
  readonly index?: number
  /** What T0412 wanted an array of. */
  readonly type?: string | undefined
  /** The exponent of D3061. */
  readonly exp?: unknown
  /** The function that D3140 names. */
  readonly functionName?: string
  /** The words of $error and $assert. */
  readonly message?: string
  readonly cause?: unknown
}

/**
 * An error on its way out. It is no Error, because a device that sends text for a number makes one for every message
 * and a stack trace would cost more than the rule; at the door it becomes a JsonataError.
 */
export class Failure {
  readonly code: string
  readonly fields: FailureFields
  position: number | undefined
  token: unknown

  constructor(code: string, fields: FailureFields = {}) {
    this.code = code
    this.fields = fields
    this.position = fields.position
    this.token = fields.token
  }
}

/** Own codes: where the library has no limit, or fails with an error of JavaScript. */
const ownTemplates: Readonly<Record<string, string>> = {
  L1001: 'The expression takes more than {{value}} steps. Work on fewer items, or raise limits.steps',
  L1002: 'The expression builds a string of more than {{value}} characters. Build less, or raise limits.string',
  L1003: 'The expression doubles itself too often: the operators ?? and ?: repeat their left side. Use a variable',
  L1004: 'The picture string {{value}} is too long, or too ambiguous for so long a text',
  L1005:
    'The regular expression {{value}} could take forever, and has parts that cannot be run step by step. Do without looking behind',
  L1006: 'The expression has paths of more than {{value}} steps in all. Write shorter ones',
  X1000: 'A mistake in the evaluator: {{{message}}}',
  X1001: 'The function cannot work on its arguments: {{{message}}}',
  X1002: 'The host function gave a promise. Only synchronous functions can be called',
  X1004: 'The host function failed: {{{message}}}',
  X1003: 'The text is not an expression: {{{message}}}',
}

/** Characters of a value that an error text shows at most. */
const SHOWN = 1000

/** Words errors; remembers the texts that it has asked the library for. */
export class Messages {
  readonly #templates = new Map<string, string | undefined>()
  readonly #ask: (code: string) => string | undefined

  constructor(ask: (code: string) => string | undefined) {
    this.#ask = ask
  }

  /** The text for a failure. */
  of(failure: Failure): string {
    const { code, fields } = failure
    const template = ownTemplates[code] ?? this.#template(code)
    if (template === undefined) return fields.message ?? code
    const values: Record<string, unknown> = { ...fields, token: failure.token, position: failure.position, code }
    return template
      .replaceAll(/\{\{\{(\w+)\}\}\}/g, (_, field: string) => String(values[field]))
      .replaceAll(/\{\{(\w+)\}\}/g, (_, field: string) => show(values[field]))
  }

  /** The error that leaves the house. */
  toError(failure: Failure): JsonataError {
    const { code, fields, position, token } = failure
    const { value, value2, index, cause } = fields
    return new JsonataError({ code, message: this.of(failure), position, token, value, value2, index, cause })
  }

  #template(code: string): string | undefined {
    if (!this.#templates.has(code)) this.#templates.set(code, this.#ask(code))
    return this.#templates.get(code)
  }
}

/** JSON of a value, cut off where it gets long: values can be far larger written out than in memory. */
function show(value: unknown): string {
  let left = SHOWN
  const spend = (_key: string, item: unknown): unknown => {
    left -= typeof item === 'string' ? item.length : 1
    if (left < 0) throw new RangeError('too long to be shown')
    return item
  }
  try {
    return JSON.stringify(value, spend) ?? 'undefined'
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return typeof value === 'string'
      ? JSON.stringify(`${value.slice(0, SHOWN)}...`)
      : Array.isArray(value)
        ? '[...]'
        : '{...}'
  }
}
