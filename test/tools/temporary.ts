import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new empty directory that goes when the process ends; `remove` takes it away earlier. */
export function temporaryDirectory(name = 'test'): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `rulewire-${name}-`))
  const remove = () => {
    process.off('exit', remove)
    rmSync(path, { recursive: true, force: true })
  }
  process.once('exit', remove)
  return { path, remove }
}
