import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../engine/jsonata/index.ts'
import { CompiledExpression } from '../../engine/jsonata/program.ts'
import { Machine } from '../../engine/jsonata/regex/machine.ts'
import { toInstructions } from '../../engine/jsonata/regex/program.ts'
import { riskOf } from '../../engine/jsonata/regex/risk.ts'
import { readSyntax } from '../../engine/jsonata/regex/syntax.ts'
import { State } from '../../engine/jsonata/state.ts'
import { Random } from './random.ts'

function machineMatch(regex: RegExp, text: string, from = 0): (string | undefined)[] | undefined {
  const syntax = readSyntax(regex.source)
  if (syntax === undefined) throw new Error(`${regex.source} cannot be read`)
  const state = new State(
    new CompiledExpression('1', { ...defaultLimits, milliseconds: 10_000 }, () => performance.now()),
  )
  state.begin(undefined)
  const found = new Machine(toInstructions(syntax, regex.flags), regex.flags, { text, state }).search(from)
  if (found === undefined) return undefined
  return Array.from({ length: syntax.groups + 1 }, (_, group) => {
    const end = found[2 * group + 1] ?? -1
    return end < 0 ? undefined : `${found[2 * group]}:${text.slice(found[2 * group], end)}`
  })
}

function nativeMatch(regex: RegExp, text: string, from = 0): (string | undefined)[] | undefined {
  const exact = new RegExp(regex.source, `${regex.flags.replace('g', '')}dg`)
  exact.lastIndex = from
  const found = exact.exec(text)
  if (found === null) return undefined
  return Array.from(found, (part, group) => (part === undefined ? undefined : `${found.indices?.[group]?.[0]}:${part}`))
}

/** Writes random regular expressions that JavaScript accepts. */
class RegexWriter {
  readonly #random: Random
  #groups = 0

  constructor(random: Random) {
    this.#random = random
  }

  choice(depth: number): string {
    return this.#random.list(this.#random.chance(0.3) ? 2 : 1, () => this.#sequence(depth)).join('|')
  }

  #sequence(depth: number): string {
    return this.#random.list(this.#random.below(4), () => this.#term(depth)).join('')
  }

  #term(depth: number): string {
    const random = this.#random
    if (random.chance(0.08)) return random.pick(['^', '$', '\\b', '\\B'])
    if (random.chance(0.06) && this.#groups > 0) return `\\${1 + random.below(this.#groups)}`
    if (random.chance(0.06) && depth > 0) return `(?${random.pick(['=', '!'])}${this.choice(depth - 1)})`
    return (
      this.#atom(depth) +
      (random.chance(0.4) ? random.pick(['*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,2}?', '{2,}']) : '')
    )
  }

  #atom(depth: number): string {
    const random = this.#random
    if (depth > 0 && random.chance(0.35)) {
      if (random.chance(0.4)) return `(?:${this.choice(depth - 1)})`
      const inner = this.choice(depth - 1)
      this.#groups++
      return `(${inner})`
    }
    return random.pick([
      'a',
      'b',
      'c',
      'A',
      '.',
      '\\d',
      '\\w',
      '\\s',
      '[ab]',
      '[^a]',
      '[a-c\\d]',
      '\\.',
      '\\x61',
      '\\u0062',
      'é',
      '-',
      ']',
      '\\n',
    ])
  }
}

describe('our engine for regular expressions', () => {
  it('finds what JavaScript finds, for 4,000 random regular expressions', () => {
    for (let seed = 1; seed <= 4000; seed++) {
      const random = new Random(seed)
      const source = new RegexWriter(random).choice(3)
      const text = random
        .list(random.below(12), () => random.pick(['a', 'b', 'c', 'A', 'B', '1', ' ', '.', '\n', 'é', 'É', '-']))
        .join('')
      const regex = new RegExp(source === '' ? '(?:)' : source, random.pick(['g', 'gi', 'gm', 'gim']))
      const from = random.below(3) % (text.length + 1)
      expect(machineMatch(regex, text, from), `seed ${seed}: ${regex} on ${JSON.stringify(text)} from ${from}`).toEqual(
        nativeMatch(regex, text, from),
      )
    }
  })

  it('reads named groups and what refers to them', () => {
    const regex = /(?<year>\d{4})-(\d+)-\k<year>/g
    expect(machineMatch(regex, 'on 2024-02-2024')).toEqual(nativeMatch(regex, 'on 2024-02-2024'))
  })

  it('does not read what looks behind', () => {
    expect(readSyntax('(?<=a)b')).toBeUndefined()
    expect(readSyntax('(?<!a)b')).toBeUndefined()
  })
})

describe('the risk of a regular expression', () => {
  const risk = (regex: RegExp): number | undefined => {
    const syntax = readSyntax(regex.source)
    return syntax && riskOf(syntax.part)
  }

  it('is the number of runs that a later part can shorten', () => {
    expect(risk(/abc/)).toBe(0)
    expect(risk(/\d+/)).toBe(0)
    expect(risk(/^\d+\.\d+$/)).toBe(2)
    expect(risk(/\d{4}-\d{2}/)).toBe(0)
  })

  it('has no bound where a run stands inside another', () => {
    for (const regex of [/(a+)+$/, /(a|a)*b/, /(?:a*b?)*c/, /((?:a|b)+){10}/]) expect(risk(regex)).toBe(Infinity)
  })
})
