import { rulewireError } from '../errors.ts'
import { type FieldSchema, fieldAt } from '../flow/fieldschema.ts'
import { type Path, pathText, valueAt } from '../flow/path.ts'
import { withoutLogin } from '../flow/words.ts'
import { type ConfigFile, check } from './read.ts'
import { type Settings, settingsSchema } from './settings.ts'
import { settingsShape, settingsTable } from './table.ts'

/** A value that was given beside the file, and checked there. */
export interface Given {
  readonly path: readonly string[]
  readonly value: unknown
  /** `--port` or `RULEWIRE_PORT`. */
  readonly from: string
}

/** All settings with where each came from. */
export interface Settled {
  readonly settings: Settings
  readonly entries: readonly Entry[]
}

/** One effective value. */
export interface Entry {
  /** As it stands in the file: `limits.outbox.rows`. */
  readonly name: string
  /** As it would be written in the file, with secrets and passwords hidden. */
  readonly value: unknown
  /** `--port`, `RULEWIRE_PORT`, `rulewire.json:3:5`, or `default`. */
  readonly from: string
}

/**
 * Lays what was given over the file, and the file over the defaults. Later values of `given` go before earlier ones.
 * Throws CONFIG_PROBLEMS with all problems of the file.
 */
export function settle(file: ConfigFile | undefined, given: readonly Given[]): Settled {
  if (file !== undefined && file.problems.length > 0) throw configProblems(file)
  const document = structuredClone(file?.document ?? {}) as Record<string, unknown> // JSON, checked by the schema
  for (const { path, value } of given) put(document, path, value)
  const problems = check(document)
  const [first] = problems
  // Each value was right by itself: together they are not, such as a username without a broker.
  if (first !== undefined)
    throw rulewireError('CONFIG_PROBLEMS', { file: 'The command line', problems: '1 problem' }, { problems })
  const settings = settingsSchema.parse(document)
  return { settings, entries: entriesOf(document, settingsShape(), (path) => originOf(path, file, given)) }
}

/** The error for a file with problems. */
export function configProblems(file: ConfigFile): Error {
  const count = file.problems.length
  const values = { file: `The config file ${file.file}`, problems: `${count} problem${count === 1 ? '' : 's'}` }
  return rulewireError('CONFIG_PROBLEMS', values, { problems: file.problems })
}

function put(document: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    document[name] = value
    return
  }
  const inner = Object.hasOwn(document, name) ? document[name] : undefined
  const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {} // an object of JSON
  document[name] = next
  put(next, rest, value)
}

function originOf(path: Path, file: ConfigFile | undefined, given: readonly Given[]): string {
  const own = given.findLast((one) => one.path.every((step, index) => step === path[index]))
  if (own !== undefined) return own.from
  if (file === undefined || !valueAt(file.document, path).found) return 'default'
  const place = file.locate(pathText(path))
  return place === undefined ? file.file : `${file.file}:${place.line}:${place.column}`
}

function entriesOf(document: unknown, shape: FieldSchema, origin: (path: Path) => string): Entry[] {
  return settingsTable(shape).flatMap(({ path, schema }) => {
    if (path[0] === '$schema') return []
    const { found, value } = valueAt(document, path)
    if (!found) {
      return schema.default === undefined ? [] : [{ name: pathText(path), value: schema.default, from: 'default' }]
    }
    return leaves(value, path).map((leaf) => ({
      name: pathText(leaf.path),
      value: shown(leaf.value, fieldAt(shape, leaf.path)),
      from: origin(leaf.path),
    }))
  })
}

/** The single values in a value; references to secrets, lists and what is empty stay whole. */
function leaves(value: unknown, path: Path): { path: Path; value: unknown }[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ path, value }]
  const entries = Object.entries(value)
  if (entries.length === 0 || Object.hasOwn(value, '$secret')) return [{ path, value }]
  return entries.flatMap(([name, item]) => leaves(item, [...path, name]))
}

/** Passwords in URLs are hidden; references to secrets name them only. */
function shown(value: unknown, schema: FieldSchema | undefined): unknown {
  if (typeof value !== 'string') return value
  if (schema?.format === 'url') return withoutLogin(value)
  return schema?.format === 'secret' ? '(hidden)' : value
}
