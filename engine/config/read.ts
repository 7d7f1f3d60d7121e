import { dirname, isAbsolute, join } from 'node:path'
import { stripComments } from 'jsonc-parser'
import { type Problem, problem } from '../errors.ts'
import { type FieldSchema, fieldAt } from '../flow/fieldschema.ts'
import { problemsOfIssues } from '../flow/issues.ts'
import { readJsonText, type TextPlace } from '../flow/jsontext.ts'
import type { Path } from '../flow/path.ts'
import { placed } from '../flow/read.ts'
import { foundText } from '../flow/words.ts'
import { settingsSchema } from './settings.ts'
import { settingsShape } from './table.ts'

/** A config file that was read. */
export interface ConfigFile {
  /** Its name, as it was given. */
  readonly file: string
  /** What stands in it, with paths made relative to where we are; empty while there are problems. */
  readonly document: Readonly<Record<string, unknown>>
  readonly problems: readonly Problem[]
  /** Line and column of a path such as `limits.outbox.rows`. */
  locate(at: string): TextPlace | undefined
}

/**
 * Reads the text of a config file: JSON, with comments as `//` and `/* *\/`. All problems at once, each with its place.
 *
 * @param file its name, to which relative paths in it belong
 */
export function readConfig(text: string, file: string): ConfigFile {
  // blanks in place of comments keep every place in the text
  const { value, problems: own, locate } = readJsonText(stripComments(text, ' '))
  const shape = settingsShape()
  const found = value === undefined ? own : [...own, ...check(value, shape)]
  const problems = placed(found, locate, file).sort(
    (one, other) => (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
  )
  const document = problems.length > 0 ? {} : moved(value, shape, [], dirname(file))
  return { file, document: document as ConfigFile['document'], problems, locate } // the schema takes objects only
}

/** What is wrong with a document of settings. */
export function check(value: unknown, shape: FieldSchema = settingsShape()): Problem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [problem('NOT_A_CONFIG', { found: foundText(value) }, { at: '' })]
  }
  const result = settingsSchema.safeParse(value)
  if (result.success) return []
  return problemsOfIssues(result.error.issues, { root: value, schema: shape, base: [], place: {} })
}

/** What is wrong with one value, as parts of a sentence; undefined when it may stand there. */
export function checkSetting(path: readonly string[], value: unknown): { detail: string; wanted: string } | undefined {
  const document = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
  const result = settingsSchema.safeParse(document)
  const [issue] = result.success ? [] : result.error.issues
  if (issue === undefined) return undefined
  const [detail = '', wanted = 'write another value'] = issue.message.split('; ')
  return { detail, wanted: `${wanted.charAt(0).toUpperCase()}${wanted.slice(1)}.` }
}

/** The value with its relative paths seen from the working directory. */
function moved(value: unknown, shape: FieldSchema, path: Path, directory: string): unknown {
  if (typeof value === 'string') {
    if (fieldAt(shape, path)?.format !== 'path' || isAbsolute(value) || directory === '.') return value
    return join(directory, value)
  }
  if (Array.isArray(value)) return value.map((item, index) => moved(item, shape, [...path, index], directory))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, moved(item, shape, [...path, name], directory)]),
  )
}
