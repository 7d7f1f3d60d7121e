import { Failure } from './errors.ts'

/** Operators that the parser may be given without counting. */
const FEW = 10
/** Copies that the parser may make of an operand. */
const MANY = 50_000

/**
 * Throws L1003 for a text that the parser would take forever for: it copies the left side of `??` and `?:`, so that a
 * dozen of them in brackets around each other make thousands of copies.
 */
export function checkDoubling(text: string): void {
  const operators = text.match(/[)\]}]\s*\?[?:]/g)?.length ?? 0
  if (operators > FEW && copiesIn(text) > MANY) throw new Failure('L1003')
}

/** What has been read of one pair of brackets: how many copies there are, in finished parts and in the last one. */
interface Level {
  done: number
  last: number
}

const token =
  /\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|`[^`]*`|\?\?|\?:|[()[\]{},;:/]|[^\s"'`?()[\]{},;:/]+|[\s?]/g

/** How often the parser would have some part of the text, counted as one for each name, number or text. */
function copiesIn(text: string): number {
  const levels: Level[] = [{ done: 0, last: 0 }]
  let isOperand = false
  const reader = new RegExp(token)
  for (let match = reader.exec(text); match !== null; match = reader.exec(text)) {
    const [found] = match
    const level = levels.at(-1) ?? { done: 0, last: 0 }
    if (found.trim() === '' || found.startsWith('/*')) continue
    if (found === '/' && !isOperand) reader.lastIndex = endOfRegex(text, match.index)
    if (found === '??' || found === '?:') {
      level.done += 2 * level.last
      level.last = 0
    } else if (/^[([{]$/.test(found)) levels.push({ done: 0, last: 0 })
    else if (/^[)\]}]$/.test(found)) {
      levels.pop()
      const outer = levels.at(-1) ?? level
      outer.last += level.done + level.last
    } else if (/^[,;:]$/.test(found)) {
      level.done += level.last
      level.last = 0
    } else level.last++
    isOperand = !/^(?:[([{,;:?/]|\?[?:]|.*[-+*=<>&~!^|@#.])$/.test(found)
    if (level.done + level.last > MANY) return Infinity
  }
  return levels.reduce((sum, level) => sum + level.done + level.last, 0)
}

function endOfRegex(text: string, start: number): number {
  const end = /^\/(?:\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|[^/\\[])*\//.exec(text.slice(start, start + 10_000))
  return start + (end?.[0].length ?? 1)
}
