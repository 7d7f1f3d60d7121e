import type { Path } from './path.ts'

/** A field that stands more than once in one object. */
export interface DuplicateField {
  /** Of the field. */
  readonly path: Path
  /** How often it stands there. */
  count: number
  /** Where it stands for the second time: offset of its opening quote. */
  readonly offset: number
}

/** What is open at some place of the text. */
interface Level {
  /** Its name or index in what is around it. */
  at: string | number
  /** Index of the item that comes; in an object -1. */
  index: number
  /** Fields so far; made with the second one, because most objects are small. */
  fields: Map<string, DuplicateField | undefined> | undefined
  first: string | undefined
}

/**
 * Finds fields that stand twice in one object, in one pass and in the order of the text. The text must be JSON. At most `limit` are
 * told, because a text can be made of them.
 */
export function duplicateFields(text: string, limit: number): DuplicateField[] {
  const found: DuplicateField[] = []
  const levels: Level[] = []
  let level: Level | undefined
  /** Name of the field whose value comes. */
  let name: string | number = ''
  let expectsName = false
  for (let offset = 0; offset < text.length; offset++) {
    switch (text.charCodeAt(offset)) {
      case quote: {
        const end = endOfText(text, offset)
        if (expectsName && level !== undefined) {
          const raw = text.slice(offset + 1, end)
          // Two spellings of one name are the same field.
          name = raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw
          expectsName = false
          const duplicate = note(level, name, offset, levels)
          if (duplicate !== undefined && found.length < limit) found.push(duplicate)
        }
        offset = end
        break
      }
      case openBrace:
      case openBracket: {
        const isObject = text.charCodeAt(offset) === openBrace
        const at = level !== undefined && level.index >= 0 ? level.index : name
        level = { at, index: isObject ? -1 : 0, fields: undefined, first: undefined }
        levels.push(level)
        expectsName = isObject
        break
      }
      case closeBrace:
      case closeBracket:
        levels.pop()
        level = levels.at(-1)
        expectsName = false
        break
      case comma:
        if (level === undefined) break
        if (level.index >= 0) level.index++
        else expectsName = true
        break
    }
  }
  return found
}

const [quote, comma, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d]

/** Notes a field; gives what to tell when it is there for the second time. */
function note(level: Level, name: string, offset: number, levels: readonly Level[]): DuplicateField | undefined {
  if (level.first === undefined) {
    level.first = name
    return undefined
  }
  level.fields ??= new Map([[level.first, undefined]])
  if (!level.fields.has(name)) {
    level.fields.set(name, undefined)
    return undefined
  }
  const known = level.fields.get(name)
  if (known !== undefined) {
    known.count++
    return undefined
  }
  const duplicate = { path: [...levels.slice(1).map(({ at }) => at), name], count: 2, offset }
  level.fields.set(name, duplicate)
  return duplicate
}

/** The closing quote of the text that begins there. */
function endOfText(text: string, start: number): number {
  let end = start
  do end = text.indexOf('"', end + 1)
  while (end >= 0 && isEscaped(text, end))
  return end < 0 ? text.length : end
}

/** An odd number of backslashes stands in front of it. */
function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text.charCodeAt(first - 1) === 0x5c) first--
  return (at - first) % 2 === 1
}
