import type { Packet } from '../spec/message.ts'
import type { BadLines } from './result.ts'

/** The connection of a message that is given to the nodes of all of them: a file knows of none. */
export const anyConnection = ''

/**
 * Messages as they were received once, in the order of time (`received`), in pieces of any size: where a piece ends changes nothing.
 */
export interface RecordedInput {
  /** Starts from the beginning each time. */
  pieces(): AsyncIterable<readonly Packet[]>
  /** How many there are, about; null when nobody knows. */
  total(): number | null
  /** From 0 to 1, of what was read last; null when nobody knows. */
  done(): number | null
  /** Lines that could not be used in the last reading. */
  badLines(): BadLines
}
