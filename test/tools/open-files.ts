import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Files that this process holds open although they have no name any more: where SQLite puts what is temporary. */
export function namelessFiles(): string[] {
  const targets = readdirSync('/proc/self/fd').map((name) => targetOf(join('/proc/self/fd', name)))
  return targets.filter((target) => target.startsWith('/') && target.endsWith('(deleted)'))
}

/** Nothing for one that another thread has closed meanwhile. */
function targetOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return ''
    throw thrown
  }
}
