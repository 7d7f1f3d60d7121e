import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { reasonOf, rulewireError } from '../errors.ts'
import { packageDirectory } from './home.ts'

/**
 * Makes sure that the flows directory is there. The default one is made with the examples, so that a first start shows something;
 * one that was named must exist, because a typing error would otherwise start an engine that does nothing.
 * Throws FLOWS_MISSING, FLOWS_NO_DIRECTORY and FILE_UNREADABLE.
 *
 * @param from where the name comes from: `default`, `--flows`, `RULEWIRE_FLOWS` or a place in the config file
 * @returns names of the example files that were put there
 */
export function prepareFlows(directory: string, from: string, examples = join(packageDirectory(), 'flows')): string[] {
  if (existsSync(directory)) {
    if (!statSync(directory).isDirectory()) throw rulewireError('FLOWS_NO_DIRECTORY', { directory, option: from })
    return []
  }
  if (from !== 'default') throw rulewireError('FLOWS_MISSING', { directory, option: from })
  // Made beside and renamed: an end in between leaves no half of the examples.
  const beside = join(dirname(directory), `.${basename(directory)}.${process.pid}.tmp`)
  try {
    mkdirSync(beside, { recursive: true })
    if (existsSync(examples)) cpSync(examples, beside, { recursive: true })
    renameSync(beside, directory)
  } catch (cause) {
    rmSync(beside, { recursive: true, force: true })
    throw rulewireError('FILE_UNREADABLE', { file: directory, detail: reasonOf(cause) }, { cause })
  }
  return readdirSync(directory).sort()
}
