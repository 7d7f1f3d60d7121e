import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { reasonOf, rulewireError } from '../errors.ts'
import type { Log } from '../log.ts'
import { keyText, newKey, readKey, type SecretKey } from '../secrets/seal.ts'
import { giveToOwner } from '../store/open.ts'

/** The key file of a data directory. A backup must leave it out: whoever has the backup must not have the secrets (C25). */
export const keyFile = 'secret.key'
/** The name of the systemd credential (`LoadCredential=rulewire-secret-key:/etc/...`). */
const credential = 'rulewire-secret-key'

/** Where keys come from: variables go before files. */
export interface KeySources {
  /** RULEWIRE_SECRET_KEY, RULEWIRE_SECRET_KEY_FILE and CREDENTIALS_DIRECTORY are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The data directory. */
  readonly data: string
}

/** The keys of an engine. The first one encrypts; the others only open what was stored with them before. */
export interface KeyRing {
  readonly keys: readonly SecretKey[]
  /** For people. */
  readonly place: string
  /** Why there is none, as a sentence's end; undefined when there is one, or when one can be made. */
  readonly fault: string | undefined
  /** Whether the file is ours: then a key can be made and changed here. */
  readonly own: boolean
}

/** Reads the keys. Never throws: what is wrong with them is its `fault`, because an engine without its secrets still runs. */
export function readKeyRing(sources: KeySources, log: Log): KeyRing {
  const { RULEWIRE_SECRET_KEY: text, RULEWIRE_SECRET_KEY_FILE: file, CREDENTIALS_DIRECTORY: credentials } = sources.env
  if (text !== undefined && text !== '') return ringOf(text.split(','), 'in RULEWIRE_SECRET_KEY', false)
  if (file !== undefined && file !== '') return fileRing(file, false, log)
  if (credentials !== undefined && exists(join(credentials, credential))) {
    return fileRing(join(credentials, credential), false, log)
  }
  const own = ownFile(sources)
  return exists(own) ? fileRing(own, true, log) : { keys: [], place: own, fault: undefined, own: true }
}

/** Makes the first key of a data directory, or puts a new one before those that are there. Throws FILE_UNWRITABLE. */
export function addOwnKey(sources: KeySources, ring: KeyRing): KeyRing {
  return writeOwnKeys(sources, [newKey(), ...ring.keys])
}

/** Writes the key file so that there is the old one or the new one at every moment. Throws FILE_UNWRITABLE. */
export function writeOwnKeys(sources: KeySources, keys: readonly SecretKey[]): KeyRing {
  const file = ownFile(sources)
  const beside = `${file}.${process.pid}.tmp`
  try {
    const handle = openSync(beside, 'w', 0o600)
    try {
      writeSync(handle, keys.map((key) => `${keyText(key)}\n`).join(''))
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    giveToOwner(beside)
    renameSync(beside, file)
    const directory = openSync(dirname(file), 'r')
    fsyncSync(directory)
    closeSync(directory)
  } catch (cause) {
    throw rulewireError('FILE_UNWRITABLE', { file, detail: reasonOf(cause) }, { cause })
  }
  return { keys, place: file, fault: undefined, own: true }
}

function ownFile({ data }: KeySources): string {
  return join(data, keyFile)
}

function fileRing(file: string, own: boolean, log: Log): KeyRing {
  try {
    const mode = statSync(file).mode & 0o777
    if (own && (mode & 0o077) !== 0) {
      chmodSync(file, 0o600)
      log('warn', `${file} could be read by others (mode ${mode.toString(8)}); it is 600 now`)
    } else if ((mode & 0o007) !== 0) {
      log('warn', `${file} can be read by everybody on this machine (mode ${mode.toString(8)}); make it 600`)
    }
    const lines = readFileSync(file, 'utf8').split(/[\n,]/)
    return ringOf(
      lines.filter((line) => line.trim() !== ''),
      file,
      own,
    )
  } catch (thrown) {
    return { keys: [], place: file, fault: `it cannot be read (${reasonOf(thrown)})`, own: false }
  }
}

function ringOf(texts: readonly string[], place: string, own: boolean): KeyRing {
  const keys = texts.flatMap((text) => readKey(text) ?? [])
  if (keys.length === texts.length && keys.length > 0) return { keys, place, fault: undefined, own }
  const fault = texts.length === 0 ? 'it is empty' : 'it is not 32 bytes in hexadecimal or base64'
  return { keys, place, fault, own: false }
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}
