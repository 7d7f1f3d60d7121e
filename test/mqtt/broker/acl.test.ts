import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AclRule, rightsOf, ruleFilterFault } from '../../../engine/mqtt/broker/acl.ts'
import { filterCovers, filtersIntersect } from '../../../engine/spec/topics.ts'

const rights = (rules: AclRule[], user: string | undefined = 'pump', clientId = 'c1') =>
  rightsOf(rules, { user, clientId })
const both = (filter: string): AclRule => ({ action: 'both', filter })

describe('C43: rules', () => {
  it('allow what they name, for what they name, and nothing else', () => {
    const own = rights([
      { action: 'publish', filter: 'sensors/%u/#' },
      { action: 'subscribe', filter: 'cmd/%c/+' },
      both('chat'),
    ])
    const publish = {
      'sensors/pump/a': true,
      'sensors/pump': true,
      'sensors/fan/a': false,
      'cmd/c1/x': false,
      chat: true,
    }
    expect(Object.keys(publish).map(own.mayPublish)).toEqual(Object.values(publish))
    const subscribe = {
      'cmd/c1/+': true,
      'cmd/c1/go': true,
      'cmd/c1/#': false,
      'cmd/+/go': false,
      '#': false,
      chat: true,
      'sensors/pump/a': false,
    }
    expect(Object.keys(subscribe).map(own.maySubscribe)).toEqual(Object.values(subscribe))
    expect(rights([]).mayPublish('a')).toBe(false)
    // A wildcard is no topic, even where the rule is written so.
    for (const topic of ['a/+', 'a/#', '#'])
      expect(rights([{ action: 'both', filter: topic }]).mayPublish(topic)).toBe(false)
    expect(rights([]).maySubscribe('a')).toBe(false)
    expect(rights([both('#')]).maySubscribe('$SYS/x')).toBe(false)
  })

  it.each(['#', '+', 'a/b', 'a/#', '$SYS', '', 'a+', '\0'])(
    'with %%c give nothing to the client id %j, which would make them wider',
    (clientId) => {
      const own = rights([both('dev/%c/#'), both('x/pre-%c')], 'pump', clientId)
      for (const topic of ['dev/x/y', 'dev/a/b/c', 'x/pre-a', 'dev/', `dev/${clientId}/a`]) {
        expect(own.mayPublish(topic), topic).toBe(false)
        expect(own.maySubscribe(topic), topic).toBe(false)
      }
      expect(own.maySubscribe('dev/#')).toBe(false)
    },
  )

  it('with %u give nothing to who came without a login', () => {
    expect(rightsOf([both('dev/%u/#')], { user: undefined, clientId: 'c' }).mayPublish('dev//a')).toBe(false)
  })

  it.each([
    ['a/#/b', '"#" must be the whole last level'],
    ['a+', '"+" must be a whole level'],
    ['$SYS/#', 'topics that start with "$" belong to the broker'],
    ['a/{x}', '"{" and "}" have no meaning here'],
    ['', 'it is empty'],
  ])('refuses the filter %j', (filter, text) => expect(ruleFilterFault(filter)).toContain(text))
})

const level = fc.constantFrom('a', 'b', 'c', '', 'a b')
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'))

describe('C43: rules (generated; a failure shows its seed)', () => {
  it('a filter that is allowed brings no topic that is not', () => {
    fc.assert(
      fc.property(filter, filter, topic, (allowed, wanted, name) => {
        const own = rights([both(allowed)])
        if (own.maySubscribe(wanted) && filtersIntersect(wanted, name)) {
          expect(filtersIntersect(allowed, name), `${allowed} covers ${wanted} and not ${name}`).toBe(true)
        }
        expect(own.mayPublish(name)).toBe(filtersIntersect(allowed, name))
      }),
      { numRuns: 3000 },
    )
  })

  it('a filter covers itself and what has fewer wildcards, as far as that can be told by topics', () => {
    fc.assert(
      fc.property(filter, filter, (wide, narrow) => {
        expect(filterCovers(wide, wide)).toBe(true)
        // With topics of up to 6 levels of these names it is seen whether every topic of the one is one of the other.
        if (!filterCovers(wide, narrow)) {
          const witness = narrow
            .replace(/#$/, 'zz/zz/zz/zz/zz')
            .split('/')
            .map((one) => (one === '+' ? 'zz' : one))
            .join('/')
          const bare = narrow
            .replace(/\/#$/, '')
            .split('/')
            .map((one) => (one === '+' ? 'zz' : one))
            .join('/')
          const seen = [witness, ...(narrow.endsWith('/#') ? [bare] : [])].every((one) => filtersIntersect(wide, one))
          expect(seen, `${wide} and ${narrow}`).toBe(false)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('no client id and no user name gives a right on a topic of another one', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 6 }), fc.string({ maxLength: 6 }), topic, (user, clientId, name) => {
        const own = rights([both('own/%u/#'), both('dev/%c')], user, clientId)
        const safe = (value: string) => value !== '' && !/[/+#\0]/.test(value) && !value.startsWith('$')
        const allowed =
          (safe(user) && (name === `own/${user}` || name.startsWith(`own/${user}/`))) ||
          (safe(clientId) && name === `dev/${clientId}`)
        expect(own.mayPublish(name)).toBe(allowed)
      }),
      { numRuns: 2000 },
    )
  })
})
