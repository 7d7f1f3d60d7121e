import { builtIns } from '../../engine/jsonata/functions/table.ts'
import type { Random } from './random.ts'
import { templates } from './templates.ts'

const names = ['a', 'b', 'c', 'd', 'items', 'name', 'value', 'id', 'tags', '`x y`', 'missing']
const keys = ['a', 'b', 'c', 'd', 'items', 'name', 'value', 'id', 'tags', 'x y']
const texts = [
  '',
  'a',
  'b',
  'abc',
  'a,b,c',
  '1',
  '-2.5',
  'x y',
  'ABC',
  '2024-02-03T04:05:06Z',
  'aXbXc',
  'é',
  '😀k',
  '  t  ',
]
const numbers = [0, 1, 2, 3, -1, -2, 1.5, 10, 100, 0.1, 21.456789, 1e21, 5e-7, 12345678.123456789]
const patterns = [
  '/a/',
  '/[a-c]/i',
  '/(a)(b)?/',
  '/\\d+/',
  '/x|y/',
  '/,/',
  '/^a/',
  '/\\w+/',
  '/b*/',
  '/(\\w)(\\w)/',
  '/\\s+/m',
]
const pictures = ['#,##0.00', '0', '00.0#', '#0%', '0.0;(0.0)', '#', '###,###', 'x0y']
const timePictures = [
  '[Y0001]-[M01]-[D01]',
  '[D]/[M]/[Y]',
  '[H01]:[m01]:[s01]',
  '[MNn] [D1o], [Y]',
  '[FNn]',
  '[h]:[m01] [P]',
  '[X]-W[W01]',
  '[Y',
  '[q]',
]
const integerPictures = ['0', '000', '#,##0', 'w', 'W', 'Ww', 'i', 'I', 'a', 'A', 'w;o', '1;o', '٠', '']

/** Random JSON with few names, so that expressions often find something. */
export function randomData(random: Random, depth = 3): unknown {
  const kind = random.below(depth > 0 ? 12 : 7)
  if (kind < 2) return random.pick(numbers)
  if (kind < 4) return random.pick(texts)
  if (kind === 4) return random.chance(0.5)
  if (kind === 5) return random.chance(0.3) ? null : random.below(50)
  if (kind === 6) return random.chance(0.2) ? [] : random.below(5)
  if (kind < 9) return random.list(random.below(4), () => randomData(random, depth - 1))
  return randomObject(random, depth - 1)
}

function randomObject(random: Random, depth: number): Record<string, unknown> {
  return Object.fromEntries(random.list(1 + random.below(4), () => [random.pick(keys), randomData(random, depth)]))
}

/** The input of a whole expression: most often an object with lists of objects. */
export function randomInput(random: Random): unknown {
  if (random.chance(0.1)) return randomData(random, 3)
  const rows = random.list(random.below(5), () => randomObject(random, 2))
  const input = { ...randomObject(random, 3), items: random.chance(0.8) ? rows : randomData(random, 2) }
  return random.chance(0.1) ? [input, randomObject(random, 2)] : input
}

/** Writes random expressions. */
export class Writer {
  readonly #random: Random
  #variables: string[]

  /** The variables are bound from the start. */
  constructor(random: Random, variables: readonly string[] = []) {
    this.#random = random
    this.#variables = [...variables]
  }

  /** An expression; the depth bounds how deep it nests. */
  expression(depth: number): string {
    if (depth <= 0) return this.#atom()
    const { pick } = { pick: this.#random.pick.bind(this.#random) }
    const make = pick<() => string>([
      () => this.#atom(),
      () => this.#path(depth),
      () => this.#path(depth),
      () => this.#path(depth),
      () => this.#operator(depth),
      () => this.#operator(depth),
      () => this.#call(depth),
      () => this.#call(depth),
      () => this.#higher(depth),
      () => this.#built(depth),
      () => this.#condition(depth),
      () => this.#block(depth),
      () => this.#rare(depth),
      () => this.#template(depth),
      () => this.#template(depth),
    ])
    return make()
  }

  #atom(): string {
    const random = this.#random
    switch (random.below(9)) {
      case 0:
      case 1:
        return `${random.pick(numbers)}`
      case 2:
        return JSON.stringify(random.pick(texts))
      case 3:
        return random.pick(['true', 'false', 'null', '$', '$$', '[]', '{}'])
      case 4:
        return this.#variables.length > 0 ? `$${random.pick(this.#variables)}` : '$'
      default:
        return random.pick(names)
    }
  }

  #path(depth: number): string {
    const random = this.#random
    const steps = random.list(1 + random.below(3), (index) => this.#step(depth - 1, index))
    let path = steps.join('.')
    if (random.chance(0.1)) path += `^(${random.pick(['', '<', '>'])}${this.expression(depth - 2)})`
    if (random.chance(0.05)) path += `^(${this.expression(1)}, >${this.expression(1)})`
    if (random.chance(0.08)) path += `{${this.#key(depth - 2)}: ${this.expression(depth - 2)}}`
    return path
  }

  #step(depth: number, index: number): string {
    const random = this.#random
    let step = random.pick(names)
    const kind = random.below(20)
    if (kind === 0) step = '*'
    else if (kind === 1) step = '**'
    else if (kind === 2 && index > 0) step = '%'
    else if (kind === 3) step = `(${this.expression(depth)})`
    else if (kind === 4) step = `[${this.expression(depth)}, ${this.expression(depth - 1)}]`
    else if (kind === 5) step = `{${JSON.stringify(random.pick(keys))}: ${this.expression(depth)}}`
    else if (kind === 6) step = `$${random.pick(['', '$', ...this.#variables])}`
    else if (kind === 7) step = this.#call(depth)
    else if (kind === 8) step = `"${random.pick(keys)}"`
    if (random.chance(0.06)) step += `@$${this.#name()}`
    if (random.chance(0.06)) step += `#$${this.#name()}`
    if (random.chance(0.25)) step += `[${this.#predicate(depth)}]`
    if (random.chance(0.08)) step += `[${this.#predicate(depth)}]`
    if (random.chance(0.08)) step += '[]'
    return step
  }

  #name(): string {
    const name = this.#random.pick(['u', 'v', 'w'])
    if (!this.#variables.includes(name)) this.#variables.push(name)
    return name
  }

  #predicate(depth: number): string {
    const random = this.#random
    if (random.chance(0.3)) return `${random.pick([0, 1, -1, 2, 0.5, -2])}`
    if (random.chance(0.1)) return `[${random.pick([0, 1])}..${random.pick([1, 2])}]`
    if (random.chance(0.5)) {
      return `${random.pick(names)} ${random.pick(['=', '!=', '>', '<', 'in'])} ${this.expression(Math.min(1, depth))}`
    }
    return this.expression(depth - 1)
  }

  #operator(depth: number): string {
    const operator = this.#random.pick([
      ...['+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '&', '&', 'and', 'or', 'in', '??', '?:'],
    ])
    const left = this.expression(depth - 1)
    return `(${left} ${operator} ${this.expression(depth - 1)})`
  }

  #condition(depth: number): string {
    const condition = this.expression(depth - 1)
    const otherwise = this.#random.chance(0.8) ? ` : ${this.expression(depth - 1)}` : ''
    return `(${condition} ? ${this.expression(depth - 1)}${otherwise})`
  }

  #built(depth: number): string {
    const random = this.#random
    const length = random.below(4)
    if (random.chance(0.2)) return `[${random.below(3)}..${random.below(6)}]`
    if (random.chance(0.5)) return `[${random.list(length, () => this.expression(depth - 1)).join(', ')}]`
    return `{${random.list(length, () => `${this.#key(depth - 2)}: ${this.expression(depth - 1)}`).join(', ')}}`
  }

  #key(depth: number): string {
    const random = this.#random
    if (random.chance(0.75)) return JSON.stringify(random.pick([...keys, '1', '0']))
    return random.chance(0.6) ? `$string(${this.expression(depth)})` : this.expression(depth)
  }

  #block(depth: number): string {
    const before = [...this.#variables]
    const name = this.#random.pick(['x', 'y', 'z'])
    const value = this.#random.chance(0.25)
      ? this.#lambda(depth - 1, 1 + this.#random.below(3))
      : this.expression(depth - 1)
    const parts = [`$${name} := ${value}`]
    this.#variables.push(name)
    if (this.#random.chance(0.3)) parts.push(this.expression(depth - 1))
    if (this.#random.chance(0.3)) parts.push(`$${name}(${this.expression(depth - 2)})`)
    parts.push(this.expression(depth - 1))
    this.#variables = before
    return `(${parts.join('; ')})`
  }

  #lambda(depth: number, arity: number): string {
    const before = [...this.#variables]
    const parameters = ['p', 'q', 'r', 's'].slice(0, arity)
    this.#variables.push(...parameters)
    const signature = this.#random.chance(0.1)
      ? this.#random.pick(['<n:n>', '<s-:s>', '<a<n>:n>', '<x?:x>', '<nn?:n>', '<(ns):x>', '<j-:j>'])
      : ''
    const body = this.expression(depth)
    this.#variables = before
    return `function(${parameters.map((name) => `$${name}`).join(', ')})${signature}{ ${body} }`
  }

  #function(depth: number, arity: number): string {
    const random = this.#random
    if (random.chance(0.75)) return this.#lambda(depth, arity)
    if (random.chance(0.7))
      return `$${random.pick(['string', 'uppercase', 'sum', 'number', 'type', 'keys', 'not', 'append', 'count', 'exists', 'length', 'boolean'])}`
    return this.#variables.length > 0 ? `$${random.pick(this.#variables)}` : '$string'
  }

  #higher(depth: number): string {
    const random = this.#random
    const list = this.#list(depth - 1)
    switch (random.below(7)) {
      case 0:
        return `$map(${list}, ${this.#function(depth - 1, 1 + random.below(3))})`
      case 1:
        return `$filter(${list}, ${this.#function(depth - 1, 1 + random.below(3))})`
      case 2:
        return `$reduce(${list}, ${this.#function(depth - 1, 2 + random.below(3))}${random.chance(0.4) ? `, ${this.expression(1)}` : ''})`
      case 3:
        return `$single(${list}, ${this.#function(depth - 1, 1 + random.below(2))})`
      case 4:
        return `$sift(${this.expression(depth - 1)}, ${this.#function(depth - 1, 1 + random.below(3))})`
      case 5:
        return `$each(${this.expression(depth - 1)}, ${this.#function(depth - 1, 1 + random.below(3))})`
      default:
        return `$sort(${list}${random.chance(0.6) ? `, ${this.#function(depth - 1, 2)}` : ''})`
    }
  }

  #list(depth: number): string {
    const random = this.#random
    if (random.chance(0.3)) return `[${random.list(random.below(5), () => `${random.pick(numbers)}`).join(', ')}]`
    if (random.chance(0.2))
      return `[${random.list(random.below(4), () => JSON.stringify(random.pick(texts))).join(', ')}]`
    return random.chance(0.6) ? `items${random.chance(0.5) ? `.${random.pick(names)}` : ''}` : this.expression(depth)
  }

  #template(depth: number): string {
    const random = this.#random
    return random.pick(templates).replaceAll(/\b[ENFS]\b/g, (what) => {
      if (what === 'E') return this.expression(random.below(depth))
      if (what === 'N') return random.pick(names)
      return what === 'F' ? this.#function(depth - 1, 1 + random.below(2)) : JSON.stringify(random.pick(texts))
    })
  }

  /** A call of a built-in with arguments that often fit. */
  #call(depth: number): string {
    const random = this.#random
    const name = random.pick([...builtIns.keys()].filter((one) => !unfit.has(one)))
    const wanted = wantedOf(name)
    const args = wanted.map((type) => this.#argument(type, depth - 1))
    if (random.chance(0.1)) args.pop()
    if (random.chance(0.03)) args.push(this.expression(1))
    const [first, ...rest] = args
    if (first !== undefined && random.chance(0.1)) return `(${first} ~> $${name}(${rest.join(', ')}))`
    if (first !== undefined && random.chance(0.05)) return `(${first} ~> $${name})`
    return `$${name}(${args.join(', ')})`
  }

  #argument(type: string, depth: number): string {
    const random = this.#random
    if (random.chance(0.15)) return this.expression(depth)
    switch (type) {
      case 's':
        return random.chance(0.6)
          ? JSON.stringify(random.pick(texts))
          : random.pick(['name', 'id', '$string(value)', 'a'])
      case 'n':
        return random.chance(0.6) ? `${random.pick(numbers)}` : random.pick(['value', 'id', 'a.b', '$count(items)'])
      case 'a':
        return this.#list(depth)
      case 'p':
        return random.chance(0.5) ? random.pick(patterns) : JSON.stringify(random.pick(texts))
      case 'f':
        return this.#function(depth, 1)
      case 'number picture':
        return JSON.stringify(random.pick(pictures))
      case 'time picture':
        return JSON.stringify(random.pick(timePictures))
      case 'integer picture':
        return JSON.stringify(random.pick(integerPictures))
      case 'expression':
        return JSON.stringify(this.expression(Math.min(2, depth)))
      case 'replacement':
        return random.chance(0.8)
          ? JSON.stringify(random.pick(['$1', '[$0]', '$$', '$2$1', '-', '$9x', '$']))
          : this.#lambda(1, 1)
      default:
        return this.expression(depth)
    }
  }

  #rare(depth: number): string {
    const random = this.#random
    switch (random.below(7)) {
      case 0:
        return `-${this.#atom()}`
      case 1:
        return `(${this.expression(depth - 1)} ~> |${this.expression(1)}|${random.pick(['{"z": 1}', '{"a": a}', this.expression(1)])}${random.chance(0.3) ? ', ["a"]' : ''}|)`
      case 2: {
        const partial = random.pick([
          '$substring(?, 1)',
          '$append(?, 1)',
          '$power(?, 2)',
          '$join(?, "-")',
          '$contains(?, "a")',
          '$map(?, $string)',
        ])
        return `(${this.expression(depth - 1)} ~> ${partial})`
      }
      case 3:
        return `(${this.expression(depth - 1)} ~> ${this.#function(depth - 1, 1)})`
      case 4:
        return `(${this.expression(depth - 1)} ~> $${random.pick(['sum', 'count', 'string'])} ~> $string)`
      case 5:
        return `${random.pick(names)}(${this.expression(1)})`
      default:
        return `(${this.#function(1, 1)} ~> ${this.#function(1, 1)})(${this.expression(1)})`
    }
  }
}

/** Built-ins whose answers change from call to call. */
const unfit: ReadonlySet<string> = new Set(['random', 'shuffle'])

function wantedOf(name: string): readonly string[] {
  return (
    {
      substring: ['s', 'n', 'n'],
      substringBefore: ['s', 's'],
      substringAfter: ['s', 's'],
      pad: ['s', 'n', 's'],
      match: ['s', 'p'],
      contains: ['s', 'p'],
      replace: ['s', 'p', 'replacement'],
      split: ['s', 'p'],
      join: ['a', 's'],
      formatNumber: ['n', 'number picture'],
      formatInteger: ['n', 'integer picture'],
      parseInteger: ['s', 'integer picture'],
      formatBase: ['n', 'n'],
      fromMillis: ['n', 'time picture'],
      toMillis: ['s', 'time picture'],
      power: ['n', 'n'],
      round: ['n', 'n'],
      lookup: ['x', 's'],
      append: ['x', 'x'],
      zip: ['a', 'a'],
      eval: ['expression'],
      error: ['s'],
      assert: ['x', 's'],
      map: ['a', 'f'],
      filter: ['a', 'f'],
      single: ['a', 'f'],
      reduce: ['a', 'f'],
      sort: ['a'],
      sift: ['x', 'f'],
      each: ['x', 'f'],
    }[name] ??
    (/^(sum|max|min|average|count|reverse|distinct|merge)$/.test(name)
      ? ['a']
      : /^(abs|floor|ceil|sqrt)$/.test(name)
        ? ['n']
        : /^(string|keys|type|exists|boolean|not|spread|clone|number)$/.test(name)
          ? ['x']
          : ['s'])
  )
}
