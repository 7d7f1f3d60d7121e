import { describe, expect, it } from 'vitest'
import { compile } from '../../engine/jsonata/index.ts'
import { inferType, narrow } from '../../engine/jsonata/types/index.ts'
import { ANY, arrayOf, closedObject, NUMBER, printType, STRING } from '../../engine/types/index.ts'
import { Random } from '../jsonata/random.ts'

const input = closedObject({ a: NUMBER, b: STRING, list: arrayOf(closedObject({ x: NUMBER })) })

function nest(wrap: (text: string, level: number) => string, levels: number): string {
  let text = 'a'
  for (let level = 0; level < levels; level += 1) text = wrap(text, level)
  return text
}

function chain(text: string, times: number, operator: string): string {
  return Array.from({ length: times }, (_, index) => text.replaceAll('#', String(index))).join(operator)
}

describe('a recursive function', () => {
  const typeOf = (text: string) => printType(inferType(compile(text).ast, input).type)

  it('has the type that its calls settle on', () => {
    expect(typeOf('($f := function($n){ $n <= 1 ? 1 : $n * $f($n - 1) }; $f(a))')).toBe('number')
    expect(typeOf('($f := function($n){ $n < 2 ? $n : $f($n - 1) + $f($n - 2) }; $f(a))')).toBe('number')
    expect(
      typeOf(
        '($e := function($n){ $n = 0 ? true : $o($n - 1) }; $o := function($n){ $n = 0 ? false : $e($n - 1) }; $e(a))',
      ),
    ).toBe('boolean')
    expect(typeOf('($f := function($s, $n){ $n = 0 ? $s : $f($s & "x", $n - 1) }; $f(b, a))')).toBe('string')
  })

  it('that builds ever larger values may give anything', () => {
    expect(typeOf('($f := function($n, $r){ $n = 0 ? $r : $f($n - 1, {"in": $r}) }; $f(a, 0))')).toBe('missing | any')
    expect(typeOf('$reduce([1..9], function($r, $v){ [[$r]] }, 0)')).toBe('missing | any')
  })

  it('that never ends gives nothing', () => {
    expect(typeOf('($f := function($n){ $f($n + 1) }; $f(a))')).toBe('never')
  })
})

describe('a large expression', () => {
  const texts: Record<string, string> = {
    sum: chain('a', 900, '+'),
    conjunction: chain('a > #', 1000, ' and '),
    'mixed conditions': chain('(a > # and b = "x")', 500, ' or '),
    'nested conditions': nest(
      (text, level) => (level % 2 ? `(${text}) and a > ${level}` : `(${text}) or a < ${level}`),
      60,
    ),
    parentheses: nest((text) => `(${text})`, 450),
    objects: nest((text) => `{"k": ${text}}`, 300),
    filters: nest((text) => `list[${text} > 1]`, 100),
    maps: nest((text, level) => `$map(list, function($v${level}){ ${text} })`, 100),
    choices: nest((text, level) => `(a > ${level} ? "x" : ${text})`, 300),
    'wide object': `{${chain('"k#": a', 3000, ',')}}`,
    'doubled values': `($v0 := {"x": a}; ${Array.from({ length: 40 }, (_, n) => `$v${n + 1} := {"l": $v${n}, "r": $v${n}}`).join(';')}; $v40)`,
    'doubled calls': `($f0 := function($x){ $x + 1 }; ${Array.from({ length: 40 }, (_, n) => `$f${n + 1} := function($x){ $f${n}($x) + $f${n}($x) }`).join(';')}; $f40(a))`,
    'doubled maps': nest(
      (text, level) => `[$map(list, function($v${level}){ ${text} }), $map(list, function($w${level}){ ${text} })]`,
      12,
    ),
    'endless path': `a${'.b'.repeat(3000)}`,
    wildcards: '**.**.**.*.*.**',
    'church numerals':
      '($two := function($f){function($x){$f($f($x))}}; $two($two)($two)($two)($two)(function($n){$n+1})(a))',
    'many signatures': `(function($a)<${'n+'.repeat(30)}s>{ $a })(${chain('a', 30, ',')})`,
  }

  for (const [name, text] of Object.entries(texts)) {
    it(`is typed within its steps: ${name}`, () => {
      const { ast } = compile(text)
      expect(inferType(ast, input).type).toHaveProperty('kind')
      expect(narrow(ast, input, true)).toHaveProperty('kind')
    })
  }

  it('says so when it is not typed as a whole', () => {
    const { type, warnings } = inferType(compile(chain('a > #', 1000, ' and ')).ast, input)
    expect(printType(type)).toBe('boolean')
    expect(warnings).toMatchObject([{ code: 'TOO_LARGE', level: 'note' }])
  })
})

describe('a tree that nobody expected', () => {
  it('is any where its node is unknown', () => {
    expect(printType(inferType({ type: 'novelty' }, input).type)).toBe('missing | any')
    expect(printType(inferType({}, input).type)).toBe('missing | any')
    expect(printType(inferType({ type: 'path' }, input).type)).toBe('missing | any')
  })

  it('never throws, whatever is in it', () => {
    for (let seed = 1; seed <= 3000; seed += 1) {
      const random = new Random(seed)
      const tree = randomTree(random, { left: 40 })
      const type = random.pick([input, ANY, NUMBER])
      try {
        expect(inferType(tree, type, { steps: 2000 }).type).toHaveProperty('kind')
        expect(narrow(tree, type, false, { steps: 2000 })).toHaveProperty('kind')
      } catch (cause) {
        throw new Error(`Seed ${seed}: ${JSON.stringify(tree)}`, { cause })
      }
    }
  })
})

const nodeTypes =
  'path binary unary name string number value wildcard descendant parent condition block bind regex function variable lambda partial apply transform sort error novelty'.split(
    ' ',
  )
const tokens = [
  '+',
  '[',
  '{',
  '-',
  'and',
  'or',
  '=',
  '<',
  '..',
  'in',
  'a',
  'list',
  'map',
  'sum',
  'reduce',
  'exists',
  '',
  '$',
  3,
  null,
  true,
]
const single = 'procedure lhs rhs expression condition then else body pattern update delete'.split(' ')
const several = 'steps expressions arguments'.split(' ')

/** A tree in which every field of the parser's nodes may stand anywhere; \`budget\` is the number of nodes it may have. */
function randomTree(random: Random, budget: { left: number }): object {
  const node: Record<string, unknown> = {
    type: random.pick(nodeTypes),
    value: random.pick(tokens),
    position: random.below(9),
  }
  budget.left -= 1
  const child = () => randomTree(random, budget)
  for (const name of single) if (budget.left > 0 && random.chance(0.3)) node[name] = child()
  for (const name of several)
    if (budget.left > 0 && random.chance(0.4)) node[name] = random.list(random.below(4), child)
  if (budget.left > 0 && random.chance(0.2)) node.lhs = random.list(random.below(3), () => [child(), child()])
  for (const name of ['stages', 'predicate']) {
    if (budget.left > 0 && random.chance(0.2)) {
      node[name] = random.list(random.below(3), () => ({
        type: random.pick(['filter', 'index']),
        expr: child(),
        value: 'i',
      }))
    }
  }
  if (budget.left > 0 && random.chance(0.1)) node.terms = [{ expression: child() }]
  if (budget.left > 0 && random.chance(0.1)) node.group = { lhs: [[child(), child()]] }
  for (const name of ['tuple', 'keepArray', 'consarray', 'thunk', 'keepSingletonArray'])
    if (random.chance(0.1)) node[name] = true
  if (random.chance(0.1)) node.focus = 'v'
  if (random.chance(0.1)) node.index = 'i'
  if (random.chance(0.1)) node.ancestor = node.slot = { label: '!0' }
  if (random.chance(0.1)) node.signature = { definition: random.pick(['<n-s?a<n>:x>', '<', 'x', '<(sa)+f<n:n>j>']) }
  return node
}
