import type { DecodedPayload } from '../spec/decode.ts'

/** A message as it was received once: a row of the history, or a line of a file. */
export interface Recorded {
  /** When it was received, UTC milliseconds. */
  readonly time: number
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly props: Readonly<Record<string, string | readonly string[]>>
  /** Name of the connection; undefined for a message that is given to the nodes of all of them. */
  readonly connection: string | undefined
  /** What the payload is, where that is known without reading its bytes. */
  readonly decoded?: DecodedPayload
}

/** Messages in the order of time, in pieces of any size: where a piece ends changes nothing. */
export interface RecordedInput {
  /** Starts from the beginning each time. */
  pieces(): AsyncIterable<readonly Recorded[]>
  /** How many there are, about; null when nobody knows. */
  total(): number | null
  /** From 0 to 1, of what was read last; null when nobody knows. */
  done(): number | null
  /** Lines that could not be used in the last reading. */
  badLines(): { count: number; first: { line: number; text: string }[] }
}
