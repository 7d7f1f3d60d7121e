import type { RecordedInput } from '../backtest/recorded.ts'
import { rulewireError } from '../errors.ts'
import type { Packet } from '../spec/message.ts'
import { type HistoryQuery, type HistoryReader, readHistory } from '../store/history-read.ts'

/** Messages of a piece: few enough that others get a turn between two of them. */
const pieceLength = 1000

/**
 * The recorded messages of an engine, which may run meanwhile. Iterating throws NO_HISTORY when there are none, and what the reader
 * of the history throws.
 */
export function historyInput(data: string, query: HistoryQuery): RecordedInput {
  let reader: HistoryReader | undefined
  return {
    async *pieces() {
      reader = readHistory(data, query)
      try {
        let some = false
        for (const piece of inPieces(reader)) {
          some = true
          yield piece
        }
        if (!some) throw noHistory(data, query)
      } finally {
        reader.close()
      }
    },
    total: () => reader?.estimate.messages ?? null,
    done() {
      const total = reader?.estimate.messages ?? 0
      return total === 0 ? null : Math.min(1, (reader?.done ?? 0) / total)
    },
    badLines: () => ({ count: 0, first: [] }),
  }
}

function* inPieces(reader: Iterable<Packet>): Generator<Packet[]> {
  let piece: Packet[] = []
  for (const packet of reader) {
    piece.push(packet)
    if (piece.length < pieceLength) continue
    yield piece
    piece = []
  }
  if (piece.length > 0) yield piece
}

function noHistory(data: string, { filters = ['#'], from, to }: HistoryQuery) {
  const ends = [from === undefined ? '' : ` from ${iso(from)}`, to === undefined ? '' : ` before ${iso(to)}`]
  const topics = filters.length === 0 ? 'a flow without sources' : filters.join(', ')
  return rulewireError('NO_HISTORY', { what: `${topics}${ends.join('')}`, place: data })
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
