import { Failure } from '../errors.ts'
import type { State } from '../state.ts'

/** Characters of a picture string at most; the library's work grows with their square. */
const LONGEST_PICTURE = 500
/** Characters of a text that is read with a picture at most. */
const LONGEST_TEXT = 1000
/** Ways to divide a text among the parts of a picture that may be tried. */
const WAYS = 20_000

/** Throws L1004 for a picture that is too long, or that asks for widths of thousands of digits. */
export function checkPicture(picture: string, state: State): void {
  if (picture.length > LONGEST_PICTURE || /,[^\]]*\d{4}/.test(picture)) throw tooMuch(picture)
  state.charge(picture.length)
}

/** Throws D1001 for a number that letters, words and exponents have no end for. */
export function checkFinite(value: number, picture: string): void {
  if (!Number.isFinite(value) && /[a-z]/i.test(picture)) throw new Failure('D1001', { value })
}

/** Throws L1004 when reading the text would take long. */
export function checkInteger(source: string, picture: string, state: State): void {
  checkPicture(picture, state)
  if (source.length * (picture.length + 1) > state.limits.string) throw tooMuch(picture)
  state.charge(source.length)
}

/** Throws L1004 when there are too many ways to divide the text among the parts of the picture. */
export function checkTime(source: string, picture: string, state: State): void {
  checkPicture(picture, state)
  if (source.length > LONGEST_TEXT) throw tooMuch(picture)
  const ways = source.length ** openEnds(readPicture(picture))
  if (ways > WAYS) throw tooMuch(picture)
  state.charge(source.length + (ways >> 4))
}

function tooMuch(picture: string): Failure {
  return new Failure('L1004', { value: picture.length > 100 ? `${picture.slice(0, 100)}...` : picture })
}

/** A part of a picture: fixed text, or a run of characters of a kind. */
interface Part {
  readonly literal: string | undefined
  readonly kind: 'digits' | 'letters' | 'words' | 'zone'
  readonly isInteger: boolean
}

/** How many runs can end in more than one place. */
function openEnds(parts: readonly Part[]): number {
  let open = 0
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1]
    if (part.literal !== undefined || next === undefined) continue
    // The library gives digits a fixed width when another number follows at once.
    if (part.kind === 'digits' && next.literal === undefined && part.isInteger && next.isInteger) continue
    if (mayContinue(part, next)) open++
  }
  return open
}

/** True when the run can also take what begins the next part. */
function mayContinue({ kind }: Part, next: Part): boolean {
  if (next.literal !== undefined) return takes(kind, next.literal.charAt(0))
  if (kind === 'words' || next.kind === 'words') return true
  return next.kind === 'zone' ? false : isNumeric(kind) === isNumeric(next.kind)
}

function isNumeric(kind: Part['kind']): boolean {
  return kind === 'digits' || kind === 'zone'
}

function takes(kind: Part['kind'], char: string): boolean {
  if (kind === 'words') return /[a-z\-, ]/i.test(char)
  return isNumeric(kind) ? /\d/.test(char) : /[a-z]/i.test(char)
}

function readPicture(picture: string): Part[] {
  const parts: Part[] = []
  let at = 0
  while (at < picture.length) {
    const open = picture.indexOf('[', at)
    if (open !== at) parts.push(fixed(picture.slice(at, open < 0 ? undefined : open)))
    if (open < 0) break
    if (picture[open + 1] === '[') {
      parts.push(fixed('['))
      at = open + 2
      continue
    }
    const close = picture.indexOf(']', open)
    if (close < 0) break
    parts.push(marker(picture.slice(open + 1, close).replaceAll(/\s+/g, '')))
    at = close + 1
  }
  return parts
}

function fixed(literal: string): Part {
  return { literal, kind: 'letters', isInteger: false }
}

function marker(text: string): Part {
  const component = text.charAt(0)
  if (/[Zz]/.test(component)) return { literal: undefined, kind: 'zone', isInteger: false }
  const form = text.slice(1).split(',')[0] || (/[FPCE]/.test(component) ? 'n' : '1')
  const isName = /^[Nn]/.test(form)
  const kind = /^[Ww]/.test(form) ? 'words' : isName || /^[AaIi]/.test(form) ? 'letters' : 'digits'
  return { literal: undefined, kind, isInteger: !isName && component !== 'f' }
}
