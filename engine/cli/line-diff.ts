import { escapeControls } from '../log.ts'
import { paint, type Terminal } from './terminal.ts'

/** Lines around a change that are shown with it. */
const context = 2
/** Lines whose common part is looked for; with more of them on both sides, all are shown as changed. */
const most = 4000

interface Line {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

/** The difference of two texts by lines, with some lines around each change; empty when there is none. */
export function lineDiff(before: string, after: string, terminal: Terminal): string {
  const lines = compare(linesOf(before), linesOf(after))
  const shown = new Set<number>()
  for (const [index, { sign }] of lines.entries()) {
    if (sign === ' ') continue
    for (let near = index - context; near <= index + context; near++) shown.add(near)
  }
  const printed: string[] = []
  let last = -1
  for (const [index, { sign, text }] of lines.entries()) {
    if (!shown.has(index)) continue
    if (last >= 0 && index > last + 1) printed.push(paint(terminal, 'dim', '  ...'))
    const line = `${sign} ${escapeControls(text)}`
    printed.push(sign === ' ' ? line : paint(terminal, sign === '-' ? 'red' : 'green', line))
    last = index
  }
  return printed.length === 0 ? '' : `${printed.join('\n')}\n`
}

/** What both have at the beginning and the end is set aside; between them, the longest common part stays. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  const room = Math.min(before.length, after.length) - start
  while (end < room && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  const same = (lines: readonly string[]): Line[] => lines.map((text) => ({ sign: ' ', text }))
  return [
    ...same(before.slice(0, start)),
    ...between(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ]
}

function between(before: readonly string[], after: readonly string[]): Line[] {
  const minus = (text: string): Line => ({ sign: '-', text })
  const plus = (text: string): Line => ({ sign: '+', text })
  if (before.length * after.length > most * most) return [...before.map(minus), ...after.map(plus)]
  const width = after.length + 1
  // common[i * width + j]: length of the longest common part of before from i on and after from j on
  const common = new Uint16Array((before.length + 1) * width)
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const [down, right] = [common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0]
      common[i * width + j] =
        before[i] === after[j] ? (common[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(down, right)
    }
  }
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push({ sign: ' ', text: before[i] ?? '' })
      i++
      j++
    } else if ((common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0)) {
      lines.push(minus(before[i++] ?? ''))
    } else {
      lines.push(plus(after[j++] ?? ''))
    }
  }
  return [...lines, ...before.slice(i).map(minus), ...after.slice(j).map(plus)]
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
