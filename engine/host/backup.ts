import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { type RulewireError, reasonOf, rulewireError } from '../errors.ts'
import { copyDatabase, syncFile, verifyDatabase } from '../store/copy.ts'
import { databaseFile, giveToOwner } from '../store/open.ts'

/** What a backup holds: `manifest.json` beside the files that it names. */
const manifestSchema = z.strictObject({
  format: z.literal(1),
  version: z.string().max(64),
  /** UTC, ISO 8601. */
  made: z.iso.datetime(),
  schema: z.int().positive(),
  /** SHA-256 in hex by path inside the backup: `rulewire.db`, `flows/NAME`, `config/NAME`. */
  files: z.record(
    z.string().regex(/^(rulewire\.db|(flows|config)\/[^/\\]{1,255})$/),
    z.string().regex(/^[0-9a-f]{64}$/),
  ),
})

export type Manifest = z.output<typeof manifestSchema>

export interface BackupRequest {
  data: string
  flows: string
  /** The config file, when there is one. */
  config?: string | undefined
  /** Directory in which each backup is a directory. */
  into: string
  /** Older ones beyond so many are removed; undefined keeps all. */
  keep?: number | undefined
  version: string
  /** UTC milliseconds. */
  now: number
}

export interface BackupDone {
  directory: string
  bytes: number
  flows: number
  removed: number
}

const namePattern = /^rulewire-\d{8}T\d{6}Z$/
/** A backup that is being made, or was not finished. */
const partPattern = /^rulewire-\d{8}T\d{6}Z\.part$/
/** Milliseconds after which one that is not finished never will be. */
const longest = 86_400_000
const manifestName = 'manifest.json'

/**
 * Copies database, flow files and config into a new directory, while an engine may run, and reads the copy back before it counts.
 * The key of the secrets is left out: whoever has the backup must not have the secrets. Throws NO_DATABASE, DATA_CORRUPT,
 * FILE_UNREADABLE and FILE_UNWRITABLE.
 */
export function makeBackup(request: BackupRequest): BackupDone {
  const { data, flows, config, into, version, now } = request
  const file = join(data, databaseFile)
  if (!existsSync(file)) throw rulewireError('NO_DATABASE', { directory: data })
  const made = new Date(now).toISOString()
  const directory = join(into, nameOf(now))
  // It has its name only when it is whole.
  const part = `${directory}.part`
  try {
    if (existsSync(directory)) throw new Error('it exists already')
    rmSync(part, { recursive: true, force: true })
    mkdirSync(join(part, 'flows'), { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw rulewireError('FILE_UNWRITABLE', { file: directory, detail: reasonOf(cause) }, { cause })
  }
  try {
    copyDatabase(file, join(part, databaseFile))
    const names = existsSync(flows) ? readdirSync(flows).filter(isKept) : []
    for (const name of names) copyText(join(flows, name), join(part, 'flows', name))
    if (config !== undefined) {
      mkdirSync(join(part, 'config'), { mode: 0o700 })
      copyText(config, join(part, 'config', basename(config)))
    }
    const files = listFiles(part)
    const manifest: Manifest = {
      format: 1,
      version,
      made,
      schema: verifyDatabase(join(part, databaseFile)),
      files: Object.fromEntries(files.map((name) => [name, hashOf(join(part, name))])),
    }
    write(join(part, manifestName), `${JSON.stringify(manifest, null, 2)}\n`)
    giveToOwner(part)
    for (const name of readdirSync(part, { recursive: true, encoding: 'utf8' })) giveToOwner(join(part, name))
    renameSync(part, directory)
    syncFile(into)
    const bytes = files.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
    return {
      directory,
      bytes,
      flows: names.filter((name) => !/\.(test|schema)\.json$/.test(name)).length,
      removed: removeOld(request),
    }
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    throw error
  }
}

/** Reads a backup and compares every file with its hash and the database with itself. Throws BACKUP_UNUSABLE. */
export function verifyBackup(directory: string): Manifest {
  const manifest = readManifest(directory)
  for (const [name, hash] of Object.entries(manifest.files)) {
    const file = join(directory, name)
    if (!existsSync(file)) throw unusable(directory, `${name} is missing`)
    if (hashOf(file) !== hash) throw unusable(directory, `${name} was changed after the backup`)
  }
  if (manifest.files[databaseFile] === undefined) throw unusable(directory, `it holds no ${databaseFile}`)
  verifyDatabase(join(directory, databaseFile))
  return manifest
}

/** The whole content of a file as bytes, in pieces: databases are larger than memory. */
export function hashOf(file: string): string {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(1 << 20)
  const handle = openSync(file, 'r')
  try {
    for (let length = readSync(handle, piece); length > 0; length = readSync(handle, piece)) {
      hash.update(piece.subarray(0, length))
    }
  } finally {
    closeSync(handle)
  }
  return hash.digest('hex')
}

/** Flow files, rule tests and schemas; no hidden files and no directories. */
export function isKept(name: string): boolean {
  return name.endsWith('.json') && !name.startsWith('.')
}

function readManifest(directory: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(directory, manifestName), 'utf8')))
  } catch (cause) {
    throw unusable(directory, `${manifestName} cannot be read: ${firstReason(cause)}`, cause)
  }
}

function firstReason(cause: unknown): string {
  if (!(cause instanceof z.ZodError)) return reasonOf(cause)
  const [first] = cause.issues
  return first === undefined ? 'it is not of this form' : `${first.path.join('.')} ${first.message}`
}

function unusable(directory: string, detail: string, cause?: unknown): RulewireError {
  return rulewireError('BACKUP_UNUSABLE', { directory, detail }, { cause })
}

/** Returns how many backups went; what a crash left half done goes, too. */
function removeOld({ into, keep, now }: BackupRequest): number {
  if (keep === undefined) return 0
  const names = readdirSync(into)
  const old = names
    .filter((name) => namePattern.test(name))
    .toSorted()
    .slice(0, -keep)
  const left = names.filter((name) => partPattern.test(name) && name < nameOf(now - longest))
  for (const name of [...old, ...left]) {
    const file = join(into, name)
    try {
      rmSync(file, { recursive: true, force: true })
    } catch (cause) {
      throw rulewireError('FILE_UNWRITABLE', { file, detail: `it cannot be removed (${reasonOf(cause)})` }, { cause })
    }
  }
  return old.length
}

function nameOf(time: number): string {
  return `rulewire-${new Date(time).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
}

function listFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()
}

function copyText(from: string, to: string): void {
  try {
    write(to, readFileSync(from))
  } catch (cause) {
    throw rulewireError('FILE_UNREADABLE', { file: from, detail: reasonOf(cause) }, { cause })
  }
}

function write(file: string, content: string | Buffer): void {
  writeFileSync(file, content, { mode: 0o600 })
  syncFile(file)
}
