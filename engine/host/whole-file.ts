import { open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { reasonOf, rulewireError } from '../errors.ts'

/** Writes a file so that it is whole or as it was before, whatever happens. Throws FILE_UNWRITABLE. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}.new`)
  try {
    await writeSynced(draft, text)
    await rename(draft, file)
  } catch (cause) {
    // What is left of it would take room on a disk that is full; it may never have been there.
    await unlink(draft).catch(() => undefined)
    throw rulewireError('FILE_UNWRITABLE', { file, detail: reasonOf(cause) }, { cause })
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o644)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
