import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { rulewireError } from '../errors.ts'
import { settleRestored, syncFile } from '../store/copy.ts'
import { databaseFile, giveToOwner, lockDirectory } from '../store/open.ts'
import { hashOf, isKept, type Manifest, verifyBackup } from './backup.ts'

export interface RestoreRequest {
  /** A directory that `makeBackup` made. */
  backup: string
  data: string
  flows: string
  /** Whether what stands there is put aside; without it the restore is refused. */
  replace: boolean
  /** UTC milliseconds. */
  now: number
}

export interface RestoreDone {
  manifest: Manifest
  /** Where what stood there before is now. */
  aside: string[]
}

/**
 * Puts a backup in place of what is there, after it was verified. Nothing is deleted: what stood there is put aside. Each file is
 * in its place at once or not at all. Throws BACKUP_UNUSABLE, DATA_LOCKED, DATA_PRESENT, and what reading the database throws.
 */
export function restoreBackup(request: RestoreRequest): RestoreDone {
  const { backup, data, flows, replace, now } = request
  const manifest = verifyBackup(backup)
  const unlock = lockDirectory(data)
  try {
    const differing = flowFilesToReplace(request, manifest)
    const present = [join(data, databaseFile), ...differing].filter((file) => existsSync(file))
    if (present.length > 0 && !replace) {
      throw rulewireError('DATA_PRESENT', { files: present.slice(0, 5).join(', '), count: present.length })
    }
    const part = join(data, `${databaseFile}.part`)
    rmSync(part, { force: true })
    copyFileSync(join(backup, databaseFile), part)
    chmodSync(part, 0o600)
    if (hashOf(part) !== manifest.files[databaseFile]) {
      throw rulewireError('BACKUP_UNUSABLE', { directory: backup, detail: 'its database could not be copied whole' })
    }
    settleRestored(part, now)
    giveToOwner(part)
    const stamp = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')
    const aside = [...asideDatabase(data, stamp), ...asideFlows(differing, flows, stamp)]
    renameSync(part, join(data, databaseFile))
    syncFile(data)
    if (mkdirSync(flows, { recursive: true }) !== undefined) giveToOwner(flows)
    for (const name of flowNames(manifest)) putFile(join(backup, 'flows', name), join(flows, name))
    return { manifest, aside }
  } finally {
    unlock()
  }
}

function flowNames(manifest: Manifest): string[] {
  return Object.keys(manifest.files)
    .filter((name) => name.startsWith('flows/'))
    .map((name) => basename(name))
}

/** Flow files that are not as in the backup, or not in it. */
function flowFilesToReplace({ backup, flows }: RestoreRequest, manifest: Manifest): string[] {
  if (!existsSync(flows)) return []
  return readdirSync(flows)
    .filter(isKept)
    .filter((name) => {
      if (manifest.files[`flows/${name}`] === undefined) return true
      return !readFileSync(join(flows, name)).equals(readFileSync(join(backup, 'flows', name)))
    })
    .map((name) => join(flows, name))
}

/** The database with its log, under another name that SQLite can open just as well. */
function asideDatabase(data: string, stamp: string): string[] {
  const file = join(data, databaseFile)
  if (!existsSync(file)) return []
  const aside = `${file}.before-${stamp}`
  // The log first: without it the old database is older, and a log without its database would be taken for the new one's.
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${aside}${suffix}`)
  }
  return [aside]
}

function asideFlows(files: readonly string[], flows: string, stamp: string): string[] {
  if (files.length === 0) return []
  const aside = join(flows, `.before-${stamp}`)
  mkdirSync(aside, { recursive: true })
  for (const file of files) renameSync(file, join(aside, basename(file)))
  return [aside]
}

function putFile(from: string, to: string): void {
  const part = `${to}.part`
  copyFileSync(from, part)
  giveToOwner(part)
  syncFile(part)
  renameSync(part, to)
}
