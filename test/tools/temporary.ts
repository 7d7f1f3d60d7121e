import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const present = new Set<string>()
process.once('exit', () => {
  for (const path of present) rmSync(path, { recursive: true, force: true })
})

/** A new empty directory that goes when the process ends; `remove` takes it away earlier. */
export function temporaryDirectory(name = 'test'): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `rulewire-${name}-`))
  present.add(path)
  return {
    path,
    remove: () => {
      present.delete(path)
      rmSync(path, { recursive: true, force: true })
    },
  }
}
