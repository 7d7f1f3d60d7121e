import { Callable, callBack, Passed } from '../callable.ts'
import { Failure } from '../errors.ts'
import type { Frame } from '../frame.ts'
import { Matcher } from '../regex/matcher.ts'
import type { State } from '../state.ts'
import { type Dict, isArray, isObject } from '../values.ts'
import { number, optional, sequence, text } from './arguments.ts'
import { define } from './define.ts'
import type { BuiltIn } from './table.ts'

const reentrant = { isReentrant: true }

export const patternFunctions: readonly BuiltIn[] = [
  define(
    ['contains', '<s-(sf):b>', 2],
    ([source, token], _input, frame, state) => {
      if (source === undefined || token === undefined) return undefined
      state.charge(text(source).length >> 4)
      if (typeof token === 'string') return text(source).includes(token)
      return firstMatch(token, text(source), { frame, state }) !== undefined
    },
    reentrant,
  ),
  define(
    ['match', '<s-f<s:o>n?:a<o>>', 3],
    ([source, regex, limit], _input, frame, state) => {
      if (source === undefined) return undefined
      const most = limitOf(limit, 'D3040', 3)
      const result: unknown[] = []
      for (const found of matches(regex, text(source), { most, frame, state })) {
        result.push({ match: found.match, index: found.start, groups: found.groups })
      }
      return sequence(result, state)
    },
    reentrant,
  ),
  define(
    ['split', '<s-(sf)n?:a<s>>', 3],
    ([source, separator, limit], _input, frame, state) => {
      if (source === undefined) return undefined
      const most = limitOf(limit, 'D3020', 3)
      const parts =
        typeof separator === 'string'
          ? splitText(text(source), separator, { most, frame, state })
          : splitPattern(text(source), separator, { most, frame, state })
      state.items(parts.length)
      return parts
    },
    reentrant,
  ),
  define(
    ['replace', '<s-(sf)(sf)n?:s>', 4],
    ([source, pattern, replacement, limit], _input, frame, state) => {
      if (source === undefined) return undefined
      if (pattern === '') throw new Failure('D3010', { value: pattern, index: 2 })
      const most = limitOf(limit, 'D3011', 4)
      const run = { most, frame, state }
      return typeof pattern === 'string'
        ? replaceText(text(source), { pattern, replacement }, run)
        : replacePattern(text(source), { pattern, replacement }, run)
    },
    reentrant,
  ),
]

interface Run {
  readonly frame: Frame
  readonly state: State
}

interface LimitedRun extends Run {
  /** How many matches to take. */
  readonly most: number
}

function limitOf(limit: unknown, code: string, index: number): number {
  const most = optional(number, limit) ?? Infinity
  if (most < 0) throw new Failure(code, { value: limit, index })
  return most
}

/** A match of a regular expression, or what a matching function of the caller gave. */
interface Match {
  readonly match: unknown
  readonly start: unknown
  readonly end: unknown
  readonly groups: unknown
  /** The match as the replacement function gets it. */
  readonly object: () => unknown
}

function matcherOf(regex: unknown): Matcher | undefined {
  const body = Callable.body(regex)
  if (body instanceof Matcher) return body
  return body instanceof Passed ? matcherOf(body.target) : undefined
}

function firstMatch(regex: unknown, source: string, { frame, state }: Run): unknown {
  const matcher = matcherOf(regex)
  return matcher === undefined ? ask(regex, [source], { frame, state }) : matcher.first(source, state)
}

/** All matches in order, up to the limit; the one behind the limit is looked for as well, as in the library. */
function* matches(regex: unknown, source: string, { most, frame, state }: LimitedRun): Generator<Match> {
  if (!(most > 0)) return
  const matcher = matcherOf(regex)
  if (matcher === undefined) {
    yield* foreignMatches(regex, source, { most, frame, state })
    return
  }
  let found = matcher.first(source, state)
  for (let count = 0; found !== undefined && count < most; count++) {
    state.charge(8)
    const { match, index, groups } = found
    const current = found
    yield { match, start: index, end: index + match.length, groups, object: () => matcher.toObject(current, source) }
    found = matcher.following(source, state)
  }
}

function* foreignMatches(fn: unknown, source: string, { most, frame, state }: LimitedRun): Generator<Match> {
  let found = ask(fn, [source], { frame, state })
  for (let count = 0; found !== undefined && count < most; count++) {
    state.charge(1)
    const one = found
    if (!isObject(one)) throw new Failure('X1001', { message: 'the matcher gave no object', value: one })
    yield { match: one.match, start: one.start, end: one.end, groups: one.groups, object: () => one }
    found = ask(one.next, [], { frame, state })
  }
}

/** Calls a matching function; throws T1010 when its answer has not the form of a match. */
function ask(fn: unknown, args: readonly unknown[], { frame, state }: Run): unknown {
  const result = callBack(fn, args, frame, state)
  if (!result) return result
  const fields: Dict = isObject(result) ? result : {}
  const isMatch =
    typeof fields.start === 'number' || fields.end === 'number' || isArray(fields.groups) || Callable.is(fields.next)
  if (!isMatch) throw new Failure('T1010')
  return result
}

function splitText(source: string, separator: string, { most, state }: LimitedRun): string[] {
  state.charge(source.length >> (separator === '' ? 3 : 4))
  if (!(most > 0)) return []
  return source.split(separator, most === Infinity ? undefined : most)
}

function splitPattern(source: string, regex: unknown, run: LimitedRun): string[] {
  const parts: string[] = []
  if (!(run.most > 0)) return parts
  let start = 0
  for (const found of matches(regex, source, run)) {
    parts.push(source.substring(start, Number(found.start)))
    start = Number(found.end)
  }
  if (parts.length < run.most) parts.push(source.substring(start))
  return parts
}

interface Replacement {
  readonly pattern: unknown
  readonly replacement: unknown
}

function replaceText(source: string, { pattern, replacement }: Replacement, { most, state }: LimitedRun): string {
  if (!(most > 0)) return source
  const wanted = text(pattern)
  state.charge(source.length >> 4)
  let result = ''
  let position = 0
  let at = source.indexOf(wanted)
  for (let count = 0; at >= 0 && count < most; count++) {
    state.charge(1)
    result += source.slice(position, at) + plainText(replacement)
    if (result.length > state.limits.string) state.text(result.length)
    position = at + wanted.length
    at = source.indexOf(wanted, position)
  }
  const whole = result + source.slice(position)
  state.text(whole.length)
  return whole
}

/** What stands in for a text that was found; a function is not called for that. */
function plainText(replacement: unknown): string {
  return replacement === undefined ? 'undefined' : text(replacement)
}

function replacePattern(source: string, { pattern, replacement }: Replacement, run: LimitedRun): string {
  if (!(run.most > 0)) return source
  const { frame, state } = run
  let result = ''
  let position = 0
  for (const found of matches(pattern, source, run)) {
    const substitute =
      typeof replacement === 'string'
        ? expand(replacement, found)
        : callBack(replacement, [found.object()], frame, state)
    if (typeof substitute !== 'string') throw new Failure('D3012', { value: substitute })
    result += source.slice(position, Number(found.start)) + substitute
    if (result.length > state.limits.string) state.text(result.length)
    position = Number(found.start) + text(found.match).length
  }
  const whole = result + source.slice(position)
  state.text(whole.length)
  return whole
}

/** Puts groups in the place of `$1`, the match in that of `$0`, and `$` in that of `$$`. */
function expand(replacement: string, found: Match): string {
  if (!replacement.includes('$')) return replacement
  const groups = isArray(found.groups) ? found.groups : []
  let result = ''
  let position = 0
  for (;;) {
    const at = replacement.indexOf('$', position)
    if (at < 0) return result + replacement.slice(position)
    result += replacement.slice(position, at)
    position = at + 1
    const next = replacement.charAt(position)
    if (next === '$' || next === '0') {
      result += next === '$' ? '$' : String(found.match)
      position++
    } else {
      const group = groupNumber(replacement, position, groups.length)
      if (group === undefined) result += '$'
      else {
        result += groups[group - 1] ?? ''
        position += String(group).length
      }
    }
  }
}

/** The number of a group, read with as many digits as the groups have, and one fewer when that is too high. */
function groupNumber(replacement: string, position: number, groups: number): number | undefined {
  const digits = groups === 0 ? 1 : Math.floor(Math.log10(groups)) + 1
  let group = Number.parseInt(replacement.substring(position, position + digits), 10)
  if (digits > 1 && group > groups) group = Number.parseInt(replacement.substring(position, position + digits - 1), 10)
  return Number.isNaN(group) ? undefined : group
}
