import { type ParseError, type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser'

/** What keeps a text from being JSON, as part of a sentence, and the offset where. */
export interface BrokenPlace {
  detail: string
  offset: number
}

/** How many comments and trailing commas are listed in one go. */
const mostListed = 10
/** Errors that are looked at: several may be of one place. */
const mostRead = 1000

/**
 * Says in words why a text is not JSON. Comments and trailing commas are all listed; of what derails a reader (a missing
 * quote), only the first is, since all that follows comes from it.
 *
 * @param thrown what JSON.parse threw, for the few cases that no other words are found for
 */
export function explainBrokenJson(text: string, thrown: SyntaxError): BrokenPlace[] {
  if (text.trim() === '') return [{ detail: 'the text is empty', offset: 0 }]
  const conflict = /^(?:<{7}|={7}|>{7})(?= |$)/m.exec(text)
  if (conflict !== null) return [{ detail: 'a merge conflict was left here', offset: conflict.index }]
  const places: BrokenPlace[] = []
  let last = -1
  for (const error of errorsIn(text)) {
    if (error.offset === last) continue
    last = error.offset
    const explained = explain(text, error)
    places.push(explained.place)
    if (!explained.harmless || places.length >= mostListed) break
  }
  return places.length > 0 ? places : [{ detail: shortReason(thrown), offset: 0 }]
}

function errorsIn(text: string): ParseError[] {
  const errors: ParseError[] = []
  const enough = new Error('enough')
  const onError = (error: ParseErrorCode, offset: number, length: number) => {
    errors.push({ error, offset, length })
    if (errors.length === mostRead) throw enough
  }
  try {
    visit(text, { onError }, { disallowComments: true, allowTrailingComma: false })
  } catch (thrown) {
    // brackets behind a comment or a quote that does not close are not counted, and may be nested too deep for the reader
    if (thrown !== enough && !(thrown instanceof RangeError)) throw thrown
  }
  return errors
}

/** A comment or a trailing comma is harmless: what follows can still be read. */
function explain(text: string, error: ParseError): { place: BrokenPlace; harmless: boolean } {
  const { offset } = error
  const before = lastBefore(text, offset)
  const found = text[offset]
  const kind = printParseErrorCode(error.error)
  if (kind === 'InvalidCommentToken') {
    return { place: { detail: 'a comment stands here, and JSON has none', offset }, harmless: true }
  }
  if (found !== undefined && '}]'.includes(found) && text[before] === ',') {
    return { place: { detail: `there is a comma before the closing "${found}"`, offset: before }, harmless: true }
  }
  if (kind === 'ColonExpected' && offset < text.length) {
    const place = { detail: 'a ":" is missing after this field name', offset: startOfText(text, before) }
    return { place, harmless: false }
  }
  if (kind === 'CommaExpected' && found !== undefined && !"}]:'".includes(found)) {
    const place = { detail: `a comma is missing before ${shown(wordAt(text, offset) ?? found)}`, offset: before + 1 }
    return { place, harmless: false }
  }
  return { place: { detail: explainHere(text, offset, kind), offset }, harmless: false }
}

function explainHere(text: string, offset: number, kind: ReturnType<typeof printParseErrorCode>): string {
  const found = text[offset]
  if (offset >= text.length && kind !== 'UnexpectedEndOfString') return `it ends too early; ${unclosed(text)}`
  if (found === "'") return 'text stands in double quotes, not in single ones'
  const word = wordAt(text, offset)
  if (word !== undefined && /^\s*:/.test(text.slice(offset + word.length))) {
    return `the field name ${word} needs double quotes: "${word}"`
  }
  switch (kind) {
    case 'UnexpectedEndOfString':
      return 'the text that begins here has no closing quote in its line'
    case 'InvalidEscapeCharacter':
    case 'InvalidUnicode':
      return 'this text holds a "\\" that begins no escape of JSON; a backslash itself is written "\\\\"'
    case 'InvalidCharacter':
      return 'this text holds a control character; write "\\t" for a tab and "\\n" for a line end'
    case 'PropertyNameExpected':
      return `a field name is needed here, not ${shown(found)}`
    case 'CommaExpected':
      return `${shown(found)} does not fit here; ${unclosed(text.slice(0, offset))}`
    case 'EndOfFileExpected':
      return `it goes on with ${shown(word ?? found)} after its end`
    case 'UnexpectedEndOfNumber':
    case 'InvalidNumberFormat':
      return 'this number is cut short'
    default:
      if (found === ',') return 'a value is missing before this comma'
      if (word === undefined) return `a value is needed here, not ${shown(found)}`
      return `${shown(word)} is no value; text needs double quotes, and the words are true, false and null`
  }
}

/** A name, number or other word without quotes; cut at 40 characters. */
function wordAt(text: string, offset: number): string | undefined {
  return /^[\w$.+-]+/.exec(text.slice(offset, offset + 40))?.[0]
}

/** Offset of the last character before this one that is no white space; -1 when there is none. */
function lastBefore(text: string, offset: number): number {
  let before = offset - 1
  while (before >= 0 && /\s/.test(text[before] ?? '')) before--
  return before
}

/** Where the quoted text begins that ends at an offset; the offset itself when none does. */
function startOfText(text: string, end: number): number {
  const start = text.lastIndexOf('"', end - 1)
  return text[end] === '"' && start >= 0 ? start : end
}

/** Which bracket is still open at the end of a text. */
function unclosed(text: string): string {
  const open: { character: string; line: number }[] = []
  let line = 1
  let quoted = false
  for (let offset = 0; offset < text.length; offset++) {
    const character = text[offset] ?? ''
    if (character === '\n') line++
    if (quoted) {
      if (character === '\\') offset++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if ('{['.includes(character)) open.push({ character, line })
    else if ('}]'.includes(character)) open.pop()
  }
  const last = open.at(-1)
  return last === undefined ? 'no bracket is open' : `the "${last.character}" of line ${last.line} is not closed`
}

function shown(found: string | undefined): string {
  return found === undefined ? 'the end' : found === '"' ? 'the next text' : `"${found}"`
}

function shortReason(thrown: SyntaxError): string {
  return thrown.message.replace(/ in JSON.*$| is not valid JSON.*$/s, '')
}
