import type { RecordedInput } from '../backtest/recorded.ts'
import type { Packet } from '../spec/message.ts'
import { type Block, BlockBuilder, compressBlock } from '../store/history-codec.ts'
import { openStore } from '../store/index.ts'

/** Under this name imported messages stand, where those of a flow have its id. */
export const importOwner = 'imported-messages'

/** They stay until somebody deletes them: old ones are what an import is for. */
const keep = 100 * 366 * 86_400_000
const size = 1_000_000_000_000
/** Messages that are sorted together: what is further apart in a file is put in order when it is read. */
const sortedTogether = 100_000
const blockMessages = 4096
const blockBytes = 1_000_000

export interface ImportJob {
  /** Directory of the database; its engine must not run. */
  data: string
  /** Under which connection the messages stand. */
  connection: string
  input: RecordedInput
  /** Told how many messages are written, from time to time. */
  progress?: (messages: number) => void
}

/** Adds messages to the history, many in one commit. Returns how many. Throws what the store and the input throw. */
export async function importHistory({ data, connection, input, progress }: ImportJob): Promise<number> {
  const store = openStore(data)
  try {
    const { history } = store
    store.transaction(() => history.putRecording({ connection, owner: importOwner, filters: ['#'], keep, size }))
    const recording = history.recordings().find((one) => one.connection === connection && one.owner === importOwner)
    let messages = 0
    const write = async (packets: Packet[]) => {
      const sorted = packets.sort((one, other) => one.received - other.received)
      const chunks = await Promise.all(blocksOf(sorted).map(compressBlock))
      store.transaction(() => {
        for (const chunk of chunks) history.addChunk(recording?.id ?? 0, chunk)
      })
      messages += packets.length
      progress?.(messages)
    }
    let waiting: Packet[] = []
    for await (const piece of input.pieces()) {
      for (const packet of piece) waiting.push(recorded(packet))
      if (waiting.length < sortedTogether) continue
      await write(waiting)
      waiting = []
    }
    if (waiting.length > 0) await write(waiting)
    return messages
  } finally {
    store.close()
  }
}

/** Bytes stand in JSON lines as `{ "$bytes": base64 }`. */
function recorded(packet: Packet): Packet {
  const json = packet.decoded?.json
  if (typeof json !== 'object' || json === null || !('$bytes' in json)) return packet
  if (typeof json.$bytes !== 'string' || Object.keys(json).length > 1) return packet
  const { connection, topic, qos, retain, props, received } = packet
  return { connection, topic, qos, retain, props, received, payload: Buffer.from(json.$bytes, 'base64') }
}

function blocksOf(packets: readonly Packet[]): Block[] {
  const blocks: Block[] = []
  const builder = new BlockBuilder()
  for (const packet of packets) {
    builder.add(packet)
    if (builder.count >= blockMessages || builder.bytes >= blockBytes) blocks.push(builder.finish())
  }
  if (builder.count > 0) blocks.push(builder.finish())
  return blocks
}
