import { type Member, membersOf, type Type } from '../../types/index.ts'
import type { Inference } from './inference.ts'

/** One parameter of a function signature, as JSONata writes them. */
export interface Parameter {
  readonly kinds: readonly Member['kind'][]
  /** `-`: the context stands in when the argument is left out. */
  readonly context: boolean
  /** `?`: it may be left out. */
  readonly optional: boolean
  /** `+`: one or more. */
  readonly repeated: boolean
  /** `a`: a value that is no array becomes an array of one. */
  readonly array: boolean
  /** `a<n>`: the kind of the items. */
  readonly item?: Member['kind']
}

/** The signatures of JSONata's functions, and the names of their parameters for messages. */
export const builtinSignatures: Readonly<Record<string, readonly [signature: string, usage: string]>> = {
  sum: ['<a<n>:n>', '$sum(numbers)'],
  count: ['<a:n>', '$count(array)'],
  max: ['<a<n>:n>', '$max(numbers)'],
  min: ['<a<n>:n>', '$min(numbers)'],
  average: ['<a<n>:n>', '$average(numbers)'],
  string: ['<x-b?:s>', '$string(value, prettify?)'],
  substring: ['<s-nn?:s>', '$substring(text, start, length?)'],
  substringBefore: ['<s-s:s>', '$substringBefore(text, separator)'],
  substringAfter: ['<s-s:s>', '$substringAfter(text, separator)'],
  lowercase: ['<s-:s>', '$lowercase(text)'],
  uppercase: ['<s-:s>', '$uppercase(text)'],
  length: ['<s-:n>', '$length(text)'],
  trim: ['<s-:s>', '$trim(text)'],
  pad: ['<s-ns?:s>', '$pad(text, width, character?)'],
  match: ['<s-f<s:o>n?:a<o>>', '$match(text, /pattern/, limit?)'],
  contains: ['<s-(sf):b>', '$contains(text, pattern)'],
  replace: ['<s-(sf)(sf)n?:s>', '$replace(text, pattern, replacement, limit?)'],
  split: ['<s-(sf)n?:a<s>>', '$split(text, separator, limit?)'],
  join: ['<a<s>s?:s>', '$join(texts, separator?)'],
  formatNumber: ['<n-so?:s>', '$formatNumber(number, picture, options?)'],
  formatBase: ['<n-n?:s>', '$formatBase(number, radix?)'],
  formatInteger: ['<n-s:s>', '$formatInteger(number, picture)'],
  parseInteger: ['<s-s:n>', '$parseInteger(text, picture)'],
  number: ['<(nsb)-:n>', '$number(value)'],
  floor: ['<n-:n>', '$floor(number)'],
  ceil: ['<n-:n>', '$ceil(number)'],
  round: ['<n-n?:n>', '$round(number, precision?)'],
  abs: ['<n-:n>', '$abs(number)'],
  sqrt: ['<n-:n>', '$sqrt(number)'],
  power: ['<n-n:n>', '$power(base, exponent)'],
  random: ['<:n>', '$random()'],
  boolean: ['<x-:b>', '$boolean(value)'],
  not: ['<x-:b>', '$not(value)'],
  map: ['<af>', '$map(array, function)'],
  zip: ['<a+>', '$zip(array, …)'],
  filter: ['<af>', '$filter(array, function)'],
  single: ['<af?>', '$single(array, function?)'],
  reduce: ['<afj?:j>', '$reduce(array, function, start?)'],
  sift: ['<o-f?:o>', '$sift(object, function)'],
  keys: ['<x-:a<s>>', '$keys(object)'],
  lookup: ['<x-s:x>', '$lookup(object, key)'],
  append: ['<xx:a>', '$append(array, array)'],
  exists: ['<x:b>', '$exists(value)'],
  spread: ['<x-:a<o>>', '$spread(object)'],
  merge: ['<a<o>:o>', '$merge(objects)'],
  reverse: ['<a:a>', '$reverse(array)'],
  each: ['<o-f:a>', '$each(object, function)'],
  error: ['<s?:x>', '$error(text?)'],
  assert: ['<bs?:x>', '$assert(condition, text?)'],
  type: ['<x:s>', '$type(value)'],
  sort: ['<af?:a>', '$sort(array, function?)'],
  shuffle: ['<a:a>', '$shuffle(array)'],
  distinct: ['<x:x>', '$distinct(array)'],
  base64encode: ['<s-:s>', '$base64encode(text)'],
  base64decode: ['<s-:s>', '$base64decode(text)'],
  encodeUrlComponent: ['<s-:s>', '$encodeUrlComponent(text)'],
  encodeUrl: ['<s-:s>', '$encodeUrl(text)'],
  decodeUrlComponent: ['<s-:s>', '$decodeUrlComponent(text)'],
  decodeUrl: ['<s-:s>', '$decodeUrl(text)'],
  eval: ['<sx?:x>', '$eval(text, context?)'],
  toMillis: ['<s-s?:n>', '$toMillis(text, picture?)'],
  fromMillis: ['<n-s?s?:s>', '$fromMillis(time, picture?, timezone?)'],
  clone: ['<(oa)-:o>', '$clone(value)'],
  now: ['<s?s?:s>', '$now(picture?, timezone?)'],
  millis: ['<:n>', '$millis()'],
}

/** Whether JSONata or the host has a function of this name. */
export function isBuiltin(inference: Inference, name: string): boolean {
  return Object.hasOwn(builtinSignatures, name) || Object.hasOwn(inference.options.functions ?? {}, name)
}

/** The names of all functions that JSONata and the host have. */
export function builtinNames(inference: Inference): string[] {
  return [...Object.keys(builtinSignatures), ...Object.keys(inference.options.functions ?? {})]
}

const symbols: Readonly<Record<string, readonly Member['kind'][]>> = {
  s: ['string'],
  n: ['number'],
  b: ['boolean'],
  l: ['null'],
  o: ['object', 'bytes'],
  f: ['function'],
  a: ['null', 'boolean', 'number', 'string', 'bytes', 'function', 'object', 'array'],
  j: ['null', 'boolean', 'number', 'string', 'bytes', 'object', 'array'],
  x: ['null', 'boolean', 'number', 'string', 'bytes', 'function', 'object', 'array'],
}

/** The parameters of a signature such as `<s-(sf)n?:s>`. Symbols that it does not know are left out. */
export function parametersOf(signature: string): Parameter[] {
  const found: Parameter[] = []
  const [before = ''] = withoutNesting(signature).split(':')
  for (const [, choice, symbol = '', inner, marks = ''] of before.matchAll(
    /(?:\(([a-z]+)\)|([snbloafjx]))(?:\[(.?)\])?([-?+]*)/g,
  )) {
    const kinds =
      choice === undefined
        ? symbols[symbol]
        : [...choice].flatMap((one) => (one === 'a' ? arrays : (symbols[one] ?? [])))
    const item = symbol === 'a' && inner ? itemKinds[inner] : undefined
    found.push({
      kinds: kinds ?? [],
      context: marks.includes('-'),
      optional: marks.includes('?'),
      repeated: marks.includes('+'),
      array: symbol === 'a',
      ...(item ? { item } : {}),
    })
  }
  return found
}

/** The signature with `<…>` after a symbol as `[first symbol inside]`, so that `a<a<n>>f<s:o>` becomes `a[a]f[s]`. */
function withoutNesting(signature: string): string {
  let depth = 0
  let text = ''
  for (const [index, character] of [...signature].entries()) {
    if (character === '<') {
      depth += 1
      if (depth === 2) text += `[${signature[index + 1] ?? ''}]`
    } else if (character === '>') depth -= 1
    else if (depth <= 1) text += character
  }
  return text
}

const arrays: readonly Member['kind'][] = ['array']

const itemKinds: Readonly<Record<string, Member['kind']>> = {
  s: 'string',
  n: 'number',
  b: 'boolean',
  l: 'null',
  o: 'object',
  a: 'array',
  f: 'function',
}

/** How many arguments a function takes from `$map` and the like: what the library's own function declares. */
export function arityOf(inference: Inference, name: string): number {
  if (name === 'string') return 1
  const signature = builtinSignatures[name]?.[0] ?? inference.options.functions?.[name]?.signature
  const parameters = parametersOf(signature ?? '')
  return parameters.some((parameter) => parameter.repeated) ? 1 : Math.max(1, parameters.length)
}

/** The members of a type that a parameter cannot take. Absence passes, except where a function is needed. */
export function unfit(parameter: Parameter, type: Type): Member[] {
  return membersOf(type).filter((member) => {
    if (member.kind === 'any') return false
    if (member.kind === 'missing')
      return parameter.kinds.length === 1 && parameter.kinds[0] === 'function' && !parameter.optional
    if (!parameter.array || parameter.item === undefined) return !parameter.kinds.includes(member.kind)
    return member.kind === 'array' ? !mayBeItems(member.item, parameter.item) : member.kind !== parameter.item
  })
}

/** Whether every item has the wanted kind, or nobody knows. An empty array passes. */
function mayBeItems(item: Type, wanted: Member['kind']): boolean {
  return membersOf(item).every((member) => member.kind === 'any' || member.kind === wanted)
}
