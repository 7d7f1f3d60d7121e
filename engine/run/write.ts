import { rulewireError } from '../errors.ts'
import type { Batch, Pending } from './batch.ts'
import { RowRefused, type Store } from './ports.ts'

/** Writes all of a batch inside the store's open transaction. `now`: UTC milliseconds. */
export function writeBatch(store: Store, batch: Batch, now: number): void {
  for (const cell of batch.state) {
    if (cell.value === undefined) store.state.delete(cell.node, cell.key)
    else store.state.put(cell.node, cell.key, cell.value)
  }
  for (const cell of batch.timers) {
    if (cell.value === undefined) store.timers.delete(cell.node, cell.key, cell.name)
    else store.timers.put({ node: cell.node, key: cell.key, name: cell.name, at: cell.value })
  }
  for (const item of batch.pending) writePending(store, item, now)
  for (const [connection, part] of batch.connections) {
    if (part.clear) store.seen.clearReceived(connection)
    for (const packetId of part.received) store.seen.addReceived(connection, packetId)
    for (const packetId of part.released) store.seen.deleteReceived(connection, packetId)
    if (part.seen.length > 0) store.seen.addBatch(connection, part.batch, Uint32Array.from(part.seen))
  }
}

function writePending(store: Store, item: Pending, now: number): void {
  if (item.kind === 'publish') store.outbox.insert(item.connection, item.row)
  else if (item.kind === 'row') writeRow(store, item, now)
  else if (item.kind === 'request') store.requests.insert(item.request)
  else if (item.kind === 'table') makeTable(store, item)
  else if (item.kind === 'trim') store.tables.deleteBelow(item.table, item.column, item.limit)
  else if (item.kind === 'dead') store.deadLetters.insert(item.entry)
  else if (item.kind === 'alarm') store.alarmLog.insert(item.node, item.entry)
  else if (item.kind === 'write') item.write()
}

/** A table that cannot be made is told by its first row. */
function makeTable(store: Store, { table, columns }: Pending & { kind: 'table' }): void {
  try {
    store.tables.create(table, columns)
  } catch (thrown) {
    if (!(thrown instanceof RowRefused)) throw thrown
  }
}

/** A row that the table refuses becomes a dead letter; the rest of the batch is written. */
function writeRow(store: Store, item: Pending & { kind: 'row' }, now: number): void {
  try {
    store.tables.insert(item.table, item.row)
  } catch (thrown) {
    if (!(thrown instanceof RowRefused)) throw thrown
    const { code, message: text, hint } = rulewireError('ROW_REFUSED', { table: item.table, detail: thrown.message })
    const { node, port, argument } = item
    store.deadLetters.insert({ node, port, time: now, code, text, hint, message: argument, attempts: 1 })
  }
}
