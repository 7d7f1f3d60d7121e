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
