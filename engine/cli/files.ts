import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileReason, rulewireError } from '../errors.ts'

/**
 * The flow files that were named; a directory stands for those in it. Throws FILE_UNREADABLE for what is not there, so that
 * a typing error is not taken for a clean result.
 */
export function flowFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!isDirectory(path)) return [path]
    const names = readdirSync(path).filter(isFlowFile).sort()
    return names.map((name) => join(path, name))
  })
}

/**
 * The files of rule tests that were named; a directory stands for those in it, a flow's file for the one beside it. Throws
 * FILE_UNREADABLE, and NO_RULE_TESTS where a directory has none.
 */
export function testFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!isDirectory(path)) return [isTestFile(path) ? path : path.replace(/\.json$/, '.test.json')]
    const names = readdirSync(path).filter((name) => isTestFile(name) && !name.startsWith('.'))
    if (names.length === 0) throw rulewireError('NO_RULE_TESTS', { place: path })
    return names.sort().map((name) => join(path, name))
  })
}

/** Whether a file holds rule tests, by its name. */
export function isTestFile(name: string): boolean {
  return name.endsWith('.test.json')
}

/** The text of a file. Throws FILE_UNREADABLE. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

/** Writes a file so that it is never seen half: beside it first, then renamed. Keeps its mode. Throws FILE_UNREADABLE. */
export function replaceText(file: string, text: string): void {
  const beside = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`)
  try {
    writeFileSync(beside, text, { mode: statSync(file).mode & 0o777 })
    renameSync(beside, file)
  } catch (cause) {
    rmSync(beside, { force: true })
    throw unreadable(file, cause)
  }
}

/** Schemas and rule tests stand in the same directory. */
function isFlowFile(name: string): boolean {
  return name.endsWith('.json') && !name.startsWith('.') && !/\.(schema|test)\.json$/.test(name)
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(file: string, cause: unknown) {
  return rulewireError('FILE_UNREADABLE', { file, detail: fileReason(cause) }, { cause })
}
