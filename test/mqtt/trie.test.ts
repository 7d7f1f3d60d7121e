import fc from 'fast-check'
import { expect, test } from 'vitest'
import { filtersIntersect, TopicTrie } from '../../engine/mqtt/trie.ts'

/** Few names, so that filters and topics meet often. */
const name = fc.constantFrom('a', 'b', '', '$s', 'c')
const topics = fc.array(name, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'))
const filters = fc
  .tuple(
    fc.array(fc.oneof(name, fc.constant('+')), { minLength: 1, maxLength: 5 }),
    fc.boolean(),
    fc.constantFrom('', '$share/g/'),
  )
  .map(([levels, rest, share]) => share + [...levels, ...(rest ? ['#'] : [])].join('/'))

/** The rules of MQTT 4.7, word for word and slow. */
function matches(filter: string, topic: string): boolean {
  const f = filter.replace(/^\$share\/[^/]*\//, '').split('/')
  const t = topic.split('/')
  if (topic.startsWith('$') && (f[0] === '+' || f[0] === '#')) return false
  for (const [index, level] of f.entries()) {
    if (level === '#') return index <= t.length
    if (index >= t.length || (level !== '+' && level !== t[index])) return false
  }
  return f.length === t.length
}

test('the trie finds what a slow matcher finds, whatever is added and removed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), filters, fc.integer({ min: 0, max: 5 })), { maxLength: 40 }),
      fc.array(topics, { minLength: 1, maxLength: 20 }),
      (changes, asked) => {
        const trie = new TopicTrie<number>()
        const pairs = new Map<string, { filter: string; value: number }>()
        for (const [adds, filter, value] of changes) {
          const bare = filter.replace(/^\$share\/[^/]*\//, '')
          if (adds) {
            trie.add(filter, value)
            pairs.set(`${bare} ${value}`, { filter, value })
          } else {
            trie.remove(filter, value)
            pairs.delete(`${bare} ${value}`)
          }
          for (const topic of asked) {
            const wanted = new Set([...pairs.values()].filter((p) => matches(p.filter, topic)).map((p) => p.value))
            const found = trie.match(topic)
            expect(new Set(found)).toEqual(wanted)
            expect(found.length).toBe(wanted.size)
          }
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('two filters intersect when some topic matches both, and only then', () => {
  // All topics of up to six levels over names that stand in neither filter or in both are tried.
  const names = ['a', 'b', '', '$s', 'c', 'other']
  const few = fc
    .tuple(fc.array(fc.oneof(name, fc.constant('+')), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'))
  const all: string[] = []
  const grow = (prefix: string[]) => {
    if (prefix.length > 0) all.push(prefix.join('/'))
    if (prefix.length < 4) for (const next of names) grow([...prefix, next])
  }
  grow([])
  fc.assert(
    fc.property(few, few, (left, right) => {
      const meets = all.some((topic) => matches(left, topic) && matches(right, topic))
      expect(filtersIntersect(left, right)).toBe(meets)
    }),
    { numRuns: 500 },
  )
})

test('a filter that is removed leaves nothing behind', () => {
  const trie = new TopicTrie<string>()
  trie.add('a/b/c', 'x')
  trie.add('a/b', 'y')
  trie.remove('a/b/c', 'x')
  trie.remove('never/was', 'x')
  trie.remove('a/b/#', 'y')
  expect(trie.match('a/b')).toEqual(['y'])
  expect(trie.match('a/b/c')).toEqual([])
})

test('topics of 65,535 levels do no harm', () => {
  const trie = new TopicTrie<string>()
  trie.add('#', 'all')
  trie.add('+/+/+', 'three')
  expect(trie.match('/'.repeat(65_534))).toEqual(['all'])
})
