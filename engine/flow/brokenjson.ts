import { type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'

/** What keeps a text from being JSON, as part of a sentence, and the offset where. */
export interface BrokenPlace {
  detail: string
  offset: number
}

/** How many comments and trailing commas are listed in one go. */
const mostListed = 10

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
  const errors: ParseError[] = []
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const places: BrokenPlace[] = []
  let last = -1
  for (const error of errors) {
    if (error.offset === last) continue
    last = error.offset
    const explained = explain(text, error)
    places.push(explained.place)
    if (!explained.harmless || places.length >= mostListed) break
  }
  return places.length > 0 ? places : [{ detail: shortReason(thrown), offset: 0 }]
}

function explain(text: string, error: ParseError): { place: BrokenPlace; harmless: boolean } {
  const kind = printParseErrorCode(error.error)
  const before = lastBefore(text, error.offset)
  const found = text[error.offset]
  const here = (detail: string) => ({ place: { detail, offset: error.offset }, harmless: false })
  if (kind === 'InvalidCommentToken') return { ...here('a comment stands here, and JSON has none'), harmless: true }
  if (found !== undefined && '}]'.includes(found) && text[before] === ',') {
    return { place: { detail: `there is a comma before the closing "${found}"`, offset: before }, harmless: true }
  }
  if (error.offset >= text.length && kind !== 'UnexpectedEndOfString')
    return here(`it ends too early; ${unclosed(text)}`)
  if (found === "'") return here('text stands in double quotes, not in single ones')
  const word = /^[\w$.+-]+/.exec(text.slice(error.offset, error.offset + 40))?.[0]
  if (word !== undefined && /^\s*:/.test(text.slice(error.offset + word.length))) {
    return here(`the field name ${word} needs double quotes: "${word}"`)
  }
  switch (kind) {
    case 'UnexpectedEndOfString':
      return here('the text that begins here has no closing quote in its line')
    case 'InvalidEscapeCharacter':
    case 'InvalidUnicode':
      return here('this text holds a "\\" that begins no escape of JSON; a backslash itself is written "\\\\"')
    case 'InvalidCharacter':
      return here('this text holds a control character; write "\\t" for a tab and "\\n" for a line end')
    case 'PropertyNameExpected':
      return here(`a field name is needed here, not ${shown(found)}`)
    case 'ColonExpected':
      return {
        place: { detail: 'a ":" is missing after this field name', offset: startOfText(text, before) },
        harmless: false,
      }
    case 'CommaExpected':
      if (found !== undefined && '}]:'.includes(found))
        return here(`${shown(found)} does not fit here; ${unclosed(text.slice(0, error.offset))}`)
      return {
        place: { detail: `a comma is missing before ${shown(word ?? found)}`, offset: before + 1 },
        harmless: false,
      }
    case 'EndOfFileExpected':
      return here(`it goes on with ${shown(word ?? found)} after its end`)
    case 'UnexpectedEndOfNumber':
    case 'InvalidNumberFormat':
      return here('this number is cut short')
    default:
      if (found === ',') return here('a value is missing before this comma')
      if (word !== undefined)
        return here(`${shown(word)} is no value; text needs double quotes, and the words are true, false and null`)
      return here(`a value is needed here, not ${shown(found)}`)
  }
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
