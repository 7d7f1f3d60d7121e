import type { RuleStep, RuleTest } from './document.ts'
import { compareLists, type Line, type Seen } from './lists.ts'
import { differences } from './match.ts'
import type { Observer } from './observer.ts'

/** Something that is not as a step expects it. */
export interface Mismatch {
  /** Path in the step. */
  path: readonly (string | number)[]
  /** A sentence. */
  text: string
  /** Expected and found side by side, where there are lists of them. */
  lines: Line[]
  /** Whose calls before are worth a look; undefined for those of all nodes. */
  node: string | undefined
}

/** The names under which a test expects something, so that nothing else is kept. */
export function askedNames(test: RuleTest): Set<string> {
  const names = test.steps.flatMap(({ expect, nothing }) => [...Object.keys(expect ?? {}), ...(nothing ?? [])])
  return new Set(names)
}

/** Compares what came with what a step expects. Each name counts from where it was last looked at. */
export function unmet(
  step: RuleStep,
  about: { observer: Observer; status: Readonly<Record<string, string>>; start: number },
): Mismatch[] {
  const { observer, start } = about
  const { rows = {}, status = {}, ...lists } = step.expect ?? {}
  const list = (name: string, path: Mismatch['path'], wanted: List) =>
    listMismatch({ name: name.replace(' ', ' of '), path, wanted, seen: observer.take(name), start })
  return [
    ...(step.nothing ?? []).flatMap((name, place) => list(name, ['nothing', place], [])),
    ...upstreamFirst(Object.entries(lists)).flatMap(([name, wanted]) =>
      wanted === undefined ? [] : list(name, ['expect', name], wanted),
    ),
    ...Object.entries(rows).flatMap(([table, wanted]) => list(`rows ${table}`, ['expect', 'rows', table], wanted)),
    ...Object.entries(status).flatMap(([node, wanted]) => statusMismatch(node, wanted, about.status[node], start)),
  ]
}

/** Ports of nodes before the effects that came of their messages: the first difference tells most. */
function upstreamFirst<Entry>(entries: readonly (readonly [string, Entry])[]) {
  const isPort = ([name]: readonly [string, Entry]) => name.includes('.')
  return [...entries.filter(isPort), ...entries.filter((entry) => !isPort(entry))]
}

/** What is expected one by one, or how many. */
type List = readonly unknown[] | number

interface Comparison {
  name: string
  path: Mismatch['path']
  wanted: List
  seen: readonly Seen[]
  start: number
}

function listMismatch({ name, path, wanted, seen, start }: Comparison): Mismatch[] {
  const node = name.includes('.') ? name.split('.')[0] : undefined
  const count = typeof wanted === 'number' ? wanted : wanted.length
  const lines = typeof wanted === 'number' ? countLines(wanted, seen) : compareLists(wanted, seen, start)
  if (count === seen.length && lines.every(({ kind }) => kind === 'same')) return []
  const text = count === seen.length ? `${name}: not as expected` : `${name}: ${seen.length} instead of ${count}`
  return [{ path, text, lines, node }]
}

/** Where only the number counts, those beyond it are too many; where there are too few, none of them is wrong. */
function countLines(wanted: number, seen: readonly Seen[]): Line[] {
  if (seen.length === wanted) return []
  return seen.map((one, index) => ({ kind: index < wanted ? 'same' : 'surplus', place: index + 1, seen: one }))
}

function statusMismatch(node: string, wanted: unknown, found: string | undefined, time: number): Mismatch[] {
  const fields = differences(wanted, found)
  if (fields.length === 0) return []
  const lines: Line[] = [{ kind: 'changed', place: 1, seen: { time, value: found }, fields }]
  return [{ path: ['expect', 'status', node], text: `status of ${node}: not as expected`, lines, node }]
}
