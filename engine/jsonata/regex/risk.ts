import type { Part } from './syntax.ts'

/**
 * How badly a regular expression can go back and forth: the number of runs without a bound that a later part can
 * shorten again. A text of n characters is searched in about n to the power of that plus one; Infinity where a run
 * stands inside another, which can double the work with every character.
 */
export function riskOf(part: Part): number {
  return sequenceRisk([part], true)
}

/** Repetitions up to this number are counted as if they were written out. */
const FEW = 3

function riskIn(part: Part, isLast: boolean): number {
  switch (part.kind) {
    case 'sequence':
      return sequenceRisk(part.parts, isLast)
    case 'choice':
      // Each option may be tried in turn: as bad as the worst, and each one a choice of its own.
      return Math.max(...part.options.map((option) => riskIn(option, isLast)))
    case 'group':
      return riskIn(part.part, isLast)
    case 'look':
      return riskIn(part.part, false)
    case 'repeat': {
      const inner = riskIn(part.part, false)
      const turns = part.max - part.min
      if (part.max <= 1) return inner
      const isRigid = inner === 0 && !hasChoice(part.part)
      if (turns === 0 && part.max <= FEW) return inner * part.max
      if (!isRigid) return Infinity
      return turns === 0 || (isLast && part.part.kind === 'char') ? 0 : 1
    }
    case 'back':
      return 1
    default:
      return 0
  }
}

function sequenceRisk(parts: readonly Part[], isLast: boolean): number {
  let risk = 0
  for (const [index, part] of parts.entries()) risk += riskIn(part, isLast && index === parts.length - 1)
  return risk
}

/** True when the part can match the same text in more than one way. */
function hasChoice(part: Part): boolean {
  switch (part.kind) {
    case 'choice':
    case 'repeat':
    case 'look':
    case 'back':
      return true
    case 'sequence':
      return part.parts.some(hasChoice)
    case 'group':
      return hasChoice(part.part)
    default:
      return part.kind === 'empty'
  }
}
