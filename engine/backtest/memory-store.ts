import type { RequestStore, SeenStore, Store, StoredTimer, TableStore } from '../run/ports.ts'
import type { AlarmEntry } from '../spec/alarm.ts'
import type { Json } from '../spec/message.ts'

/** What is told of the writes of a run. `node` is `flow/node`. */
export interface MemoryStoreOptions {
  /** Where rows go, and what queries ask. */
  tables: TableStore
  deadLetter: Store['deadLetters']['insert']
  alarm(node: string, entry: AlarmEntry): void
}

/**
 * A store in memory, for runs in virtual time: it holds state by node and key, and timers that wait, and no messages, so its
 * size depends on the number of keys and not on the length of the history. A commit is no more than what it holds.
 */
export function createMemoryStore(options: MemoryStoreOptions): Store {
  return {
    transaction: (write) => write(),
    state: stateStore(),
    timers: timerStore(),
    outbox: {
      open: () => ({ last: 0, count: 0 }),
      read: () => [],
      get: () => undefined,
      insert: () => undefined,
      release: () => undefined,
      delete: () => undefined,
    },
    requests,
    deadLetters: { insert: options.deadLetter, delete: () => undefined },
    alarmLog: { insert: options.alarm },
    seen,
    tables: options.tables,
  }
}

function stateStore(): Store['state'] {
  const nodes = new Map<string, Map<string, Json>>()
  return {
    get: (node, key) => nodes.get(node)?.get(key),
    put(node, key, value) {
      const keys = nodes.get(node)
      if (keys === undefined) nodes.set(node, new Map([[key, value]]))
      else keys.set(key, value)
    },
    delete: (node, key) => void nodes.get(node)?.delete(key),
    deleteNode: (node) => void nodes.delete(node),
    page: (node, after, limit) =>
      [...(nodes.get(node) ?? [])]
        .filter(([key]) => key > after)
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .slice(0, limit)
        .map(([key, value]) => ({ key, value })),
  }
}

/** The runner keeps its timers itself and reads these at its start only, when there are none. */
function timerStore(): Store['timers'] {
  return { all: (): StoredTimer[] => [], put: () => undefined, delete: () => undefined, deleteNode: () => undefined }
}

const requests: RequestStore = {
  all: () => [],
  get: () => undefined,
  insert: () => undefined,
  postpone: () => undefined,
  delete: () => undefined,
  last: () => 0,
}

/** Nothing comes twice. */
const seen: SeenStore = {
  received: () => [],
  addReceived: () => undefined,
  deleteReceived: () => undefined,
  clearReceived: () => undefined,
  attempts: () => [],
  attempt: () => undefined,
  clearAttempts: () => undefined,
  batches: () => [],
  addBatch: () => undefined,
  deleteBatches: () => undefined,
}
