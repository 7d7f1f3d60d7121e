/** An expression that wants too much, and the codes of the limits that may stop it. */
export interface Attack {
  readonly name: string
  readonly text: string
  readonly codes: readonly string[]
  readonly input?: unknown
}

const steps = ['L1001', 'D1012']
const length = ['L1002', ...steps]
const items = ['D2015', ...steps]
const depth = ['D1011', ...steps]
const picture = ['L1004']
const a28 = 'a'.repeat(28)

/** Doubles a value as often as it says: `$a` stands for the value so far. */
function doubled(times: number, start: string, once: string): string {
  return `($a := ${start}; ${`$a := ${once}; `.repeat(times)}$a)`
}

export const attacks: readonly Attack[] = [
  { name: 'catastrophic regular expression', text: `$match("${a28}!", /^(a+)+$/)`, codes: steps },
  { name: 'catastrophic regular expression in $contains', text: `$contains("${a28}${a28}!", /(a|a)*b/)`, codes: steps },
  {
    name: 'catastrophic regular expression in $replace',
    text: `$replace("${a28}${a28}!", /(\\w+\\s?)*$!/, "")`,
    codes: steps,
  },
  { name: 'catastrophic regular expression called in place', text: `/(x+x+)+y/("${'x'.repeat(40)}")`, codes: steps },
  {
    name: 'regular expression of many runs on a long text',
    text: '$contains($pad("a", 20000, "a"), /a*a*a*a*b/)',
    codes: steps,
  },
  {
    name: 'regular expression that looks ahead again and again',
    text: `$contains($pad("a", 5000, "a"), /(?=(a+)+$)((?=(a+)+b)a)+/)`,
    codes: steps,
  },
  {
    name: 'regular expression that looks behind',
    text: `$contains($pad("a", 50000, "a"), /(?<=a+)(a+)+b/)`,
    codes: ['L1005'],
  },
  { name: 'all matches of a long text', text: '$count($match($pad("a", 1000000, "a"), /a/))', codes: steps },
  {
    name: 'time with many fractions of a second',
    text: `$toMillis("${'1'.repeat(60)}x", "${'[f1]'.repeat(30)}")`,
    codes: picture,
  },
  {
    name: 'time with many parts of letters',
    text: `$toMillis("${'a'.repeat(60)}!", "[Ya][Ma][Da][Ha][ma][sa][Ya][Ma][Da]")`,
    codes: picture,
  },
  { name: 'long text for a time', text: '$toMillis($pad("1", 100000, "1"), "[Y]-[M]-[D]")', codes: picture },
  { name: 'long picture of a time', text: '$fromMillis(0, $pad("[Y]", 1000000, "[Y]"))', codes: picture },
  {
    name: 'picture with a width of a thousand million',
    text: '$fromMillis(0, "[Y,999999999-999999999]")',
    codes: picture,
  },
  { name: 'long picture of a number', text: '$formatNumber(1, $pad("0", 1000000, "0,"))', codes: picture },
  { name: 'exponent of an infinite number', text: '$formatNumber(1/0, "0.0e0")', codes: ['D1001'] },
  { name: 'letters for an infinite number', text: '$formatInteger(1/0, "a")', codes: ['D1001'] },
  { name: 'Roman number without end', text: '$formatInteger(1e300, "I")', codes: ['L1002'] },
  { name: 'long picture of an integer', text: '$formatInteger(1, $pad("0", 1000000, "0,"))', codes: picture },
  {
    name: 'long integer with many separators',
    text: '$parseInteger($pad("1", 900000, "1"), "#,##0.000.000")',
    codes: picture,
  },
  { name: 'padding', text: '$pad("a", 1e8)', codes: length },
  { name: 'padding before, with two characters', text: '$pad("a", -1e9, "😀b")', codes: length },
  { name: 'padding with an infinite width', text: '$pad("a", 1/0)', codes: length },
  { name: 'many long strings', text: '$map([1..100000], function($i) { $pad("a", 1000000) & $i })', codes: length },
  { name: 'string doubled 28 times', text: doubled(28, '"xxxxxxxx"', '$a & $a'), codes: length },
  { name: 'string doubled by $replace', text: doubled(28, '"xxxxxxxx"', '$replace($a, /x+/, "$0$0")'), codes: length },
  { name: 'string doubled by $join', text: doubled(28, '"xxxxxxxx"', '$join([$a, $a])'), codes: length },
  {
    name: 'replacement that is longer than the text',
    text: '$replace($pad("a", 1000000, "a"), "a", $pad("b", 1000000, "b"))',
    codes: length,
  },
  {
    name: 'replacement for the empty places',
    text: '$replace($pad("a", 100000, "a"), /a/, function($m) { $pad("b", 100000) })',
    codes: length,
  },
  { name: 'joining with a long separator', text: '$join([1..100000].$string(), $pad("x", 100000))', codes: length },
  { name: 'long strings in a result', text: '($x := $pad("a", 900000); [1..1000].{"x": $x})', codes: length },
  { name: 'splitting again and again', text: '[1..10000].$count($split($pad("a", 100000), ""))', codes: items },
  { name: 'range squared', text: '[1..1e7].($ * [1..1e7])', codes: items },
  { name: 'range of ranges', text: '[1..1000000].[1..1000000]', codes: items },
  { name: 'range for each item', text: '$map([1..1000000], function($i) { [1..1000000] })', codes: items },
  { name: 'ten million in a range', text: '$sum([1..10000000])', codes: items },
  { name: 'array doubled by $append', text: doubled(28, '[1]', '$append($a, $a)'), codes: items },
  { name: 'nested array doubled', text: doubled(28, '[1]', '[[$a], [$a]]'), codes: steps },
  { name: 'object doubled', text: doubled(40, '{"x": 1}', '{"l": $a, "r": $a}'), codes: steps },
  {
    name: 'object doubled without a variable',
    text: `$${'.{"l": $, "r": $}'.repeat(30)}`,
    codes: steps,
    input: { x: 1 },
  },
  { name: 'doubled object as text', text: `$string(${doubled(40, '{"x": 1}', '{"l": $a, "r": $a}')})`, codes: length },
  { name: 'doubled object in an error', text: `-(${doubled(40, '{"x": 1}', '{"l": $a, "r": $a}')})`, codes: ['D1002'] },
  {
    name: 'doubled objects compared',
    text: `${doubled(40, '{"x": 1}', '{"l": $a, "r": $a}')} = ${doubled(40, '{"x": 1}', '{"l": $a, "r": $a}')}`,
    codes: steps,
  },
  {
    name: 'everything inside a doubled object',
    text: `$count(${doubled(40, '{"x": 1}', '{"l": $a, "r": $a}')}.**)`,
    codes: steps,
  },
  {
    name: 'everything in a doubled array',
    text: `$count({"a": ${doubled(40, '[1]', '[[$a], [$a]]')}}.*)`,
    codes: steps,
  },
  {
    name: 'doubled object copied',
    text: `${doubled(40, '{"x": 1}', '{"l": $a, "r": $a}')} ~> |$|{"y": 1}|`,
    codes: length,
  },
  { name: 'doubled array searched', text: `$lookup(${doubled(40, '[{"x": 1}]', '[[$a], [$a]]')}, "x")`, codes: items },
  { name: 'doubled by $zip', text: doubled(40, '[1]', '$zip($a, $a)'), codes: steps },
  { name: 'doubled by $reduce', text: '$reduce([1..40], function($a, $i) { [[$a], [$a]] }, 1)', codes: steps },
  { name: 'nested by $reduce', text: '$reduce([1..100000], function($a, $i) { {"a": $a} }, 1)', codes: depth },
  { name: 'tail call without end', text: '($f := function($x) { $f($x + 1) }; $f(0))', codes: steps },
  {
    name: 'two tail calls without end',
    text: '($f := function($x) { $g($x) }; $g := function($x) { $f($x) }; $f(0))',
    codes: steps,
  },
  { name: 'recursion without end', text: '($f := function($x) { 1 + $f($x) }; $f(0))', codes: depth },
  {
    name: 'recursion in many arguments',
    text: '($f := function($n) { [$f($n + 1), $f($n + 1)] }; $f(0))',
    codes: depth,
  },
  { name: 'recursion through $map', text: '($f := function($x) { $map([1, 2], $f) }; $f(1))', codes: depth },
  {
    name: 'recursion through a deep body',
    text: `($f := function($x) { ${'('.repeat(200)}1 + $f($x)${')'.repeat(200)} }; $f(0))`,
    codes: depth,
  },
  {
    name: 'exponential recursion',
    text: '($f := function($n) { $n < 2 ? $n : $f($n - 1) + $f($n - 2) }; $f(60))',
    codes: steps,
  },
  {
    name: 'composition without end',
    text: '($c := function($n, $f) { $n = 0 ? $f : $c($n - 1, $f ~> $string) }; $c(5000, $string)(1))',
    codes: depth,
  },
  {
    name: 'three loops in one another',
    text: '$map([1..1000], function($a) { $map([1..1000], function($b) { $map([1..1000], function($c) { $a }) }) })',
    codes: steps,
  },
  { name: 'three paths in one another', text: '[1..1000].([1..1000].([1..1000].($)))', codes: items },
  { name: 'predicate of a large range for each item', text: '[1..1000][[1..100000]]', codes: items },
  { name: 'joined tuples', text: '($l := [1..3000]; $l@$a.$l@$b.{"a": $a, "b": $b})', codes: items },
  { name: 'many groups', text: '[1..1000000]{$string($): $}', codes: steps },
  { name: 'group that grows', text: '[1..900000]{"a": $map($, function($x) { $ })}', codes: steps },
  { name: 'sorting by a function', text: '$sort([1..1000000], function($l, $r) { $l < $r })', codes: steps },
  { name: 'sorting a million texts', text: '$sort([1..1000000].$string())', codes: steps },
  { name: 'ordering', text: '[1..1000000]^(>$)', codes: steps },
  { name: 'distinct objects', text: '$distinct([1..20000].{"a": $})', codes: steps },
  { name: 'shuffling again and again', text: '$map([1..1000], function() { $shuffle([1..100000]) })', codes: items },
  { name: '$eval of itself', text: '($s := "$eval($s)"; $eval($s))', codes: depth },
  { name: '$eval of a long text', text: '$eval($pad("1", 400000, "+1"))', codes: [...depth, 'L1003'] },
  { name: '$eval in a loop', text: '$map([1..100000], function($i) { $eval("$sum([1.." & $i & "])") })', codes: items },
  {
    name: '$eval of operators that double',
    text: `$eval("${'('.repeat(40)}a${' ?? b)'.repeat(40)}")`,
    codes: ['L1003'],
  },
  { name: 'operators that double', text: `${'('.repeat(40)}a${' ?? b)'.repeat(40)}`, codes: ['L1003'] },
  {
    name: 'operators that double behind a regular expression',
    text: `$contains("a", /["']/) and ${'('.repeat(40)}a${' ?: b)'.repeat(40)}`,
    codes: ['L1003'],
  },
  { name: 'a path without end', text: `a${'.b'.repeat(50_000)}`, codes: ['L1006'] },
  { name: 'a path without end in a text', text: '$eval("a" & $pad("", 100000, ".b"))', codes: ['L1001', 'L1006'] },
  {
    name: '$eval of a long path in a loop',
    text: '$map([1..1000], function() { $eval("a" & $pad("", 7000, ".b")) })',
    codes: [...steps, 'D1012'],
  },
  { name: 'brackets without end', text: `${'('.repeat(100_000)}1${')'.repeat(100_000)}`, codes: ['D1011'] },
  { name: 'arrays without end', text: `${'['.repeat(50_000)}1${']'.repeat(50_000)}`, codes: ['D1011'] },
  { name: 'long sum', text: `1${'+1'.repeat(100_000)}`, codes: ['D1011'] },
  {
    name: 'deep regular expression',
    text: `$contains("a", /${'('.repeat(50_000)}a${')'.repeat(50_000)}/)`,
    codes: ['D1011', 'X1003'],
  },
  { name: 'encoding again and again', text: doubled(28, '"%%%%%%%%"', '$encodeUrlComponent($a & $a)'), codes: length },
  {
    name: 'signature that can be divided in many ways',
    text: `(function($a)<${'n+'.repeat(40)}s>{ $a })(${'1,'.repeat(59)}1)`,
    codes: ['T0410'],
  },
  { name: 'deep input as text', text: '$string($)', codes: depth, input: nested(20_000) },
  { name: 'deep input searched', text: '$count(**)', codes: depth, input: nested(20_000) },
  { name: 'deep input compared', text: '$ = $clone($)', codes: depth, input: nested(20_000) },
]

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = { a: value }
  return value
}
