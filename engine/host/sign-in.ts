import { rulewireError } from '../errors.ts'
import { StoreFault } from '../run/ports.ts'
import type { EngineStore } from '../store/index.ts'

/** Writes in one transaction. Throws STORE_FAULT when the database cannot be written. */
export function writeAtOnce(store: EngineStore, write: () => void): void {
  try {
    store.transaction(write)
  } catch (cause) {
    if (!(cause instanceof StoreFault)) throw cause
    throw rulewireError('STORE_FAULT', { detail: cause.message }, { cause })
  }
}

/** Writes something that may be missing, such as when a session was last used: a full disk must not keep people out. */
export function writeIfPossible(store: EngineStore, write: () => void): boolean {
  try {
    store.transaction(write)
    return true
  } catch (cause) {
    if (cause instanceof StoreFault) return false
    throw cause
  }
}
