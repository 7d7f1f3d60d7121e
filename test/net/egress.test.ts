import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RulewireError } from '../../engine/errors.ts'
import { kindOf, parseAddress } from '../../engine/net/address.ts'
import { brokerEgress, egressEntryFault, flowEgress } from '../../engine/net/egress.ts'

const kind = (text: string) => {
  const address = parseAddress(text)
  return address === undefined ? 'none' : kindOf(address)
}

describe('C27: the kind of an address', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['127.0.0.1', 'local'],
    ['127.255.255.254', 'local'],
    ['::1', 'local'],
    ['10.0.0.1', 'private'],
    ['172.15.255.255', 'public'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'public'],
    ['192.168.255.255', 'private'],
    ['192.169.0.0', 'public'],
    ['100.64.0.1', 'private'],
    ['100.128.0.0', 'public'],
    ['fd12:3456::1', 'private'],
    ['169.254.1.1', 'link'],
    ['fe80::1', 'link'],
    ['fe80::1%eth0', 'link'],
    ['169.254.169.254', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['0.0.0.0', 'special'],
    ['0.1.2.3', 'special'],
    ['::', 'special'],
    ['224.0.0.1', 'special'],
    ['255.255.255.255', 'special'],
    ['ff02::1', 'special'],
    ['2001:db8::1', 'special'],
    ['4000::1', 'special'],
    ['2606:4700:4700::1111', 'public'],
    ['1.2.3', 'none'],
    ['localhost', 'none'],
    ['::1::', 'none'],
    ['', 'none'],
  ])('%s is %s', (text, wanted) => expect(kind(text)).toBe(wanted))
})

/** All ways to write an address of IPv4 inside one of IPv6. */
function carried(four: readonly number[]): string[] {
  const dotted = four.join('.')
  const [a = 0, b = 0, c = 0, d = 0] = four
  const pair = (high: number, low: number) => ((high << 8) | low).toString(16)
  const [first, second] = [pair(a, b), pair(c, d)]
  return [
    `::ffff:${dotted}`,
    `::FFFF:${first}:${second}`,
    `0:0:0:0:0:ffff:${first}:${second}`,
    `0000:0000:0000:0000:0000:ffff:${dotted}`,
    `::ffff:0:${dotted}`,
    `64:ff9b::${dotted}`,
    `64:ff9b::${first}:${second}`,
    `2002:${first}:${second}::`,
    `2002:${first}:${second}::1`,
    `2001:5::5efe:${dotted}`,
    `2606:4700::200:5efe:${first}:${second}`,
  ]
}

const anyFour = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))
const inner = fc.oneof(
  fc.tuple(fc.constant(127), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(10), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(0), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.constant([169, 254, 169, 254] as const),
)

describe('C27: spellings of an address (generated; a failure shows its seed)', () => {
  it('an address of IPv4 that stands in one of IPv6 is judged as what it is', () => {
    fc.assert(
      fc.property(anyFour, (four) => {
        for (const text of carried(four)) expect(kind(text), text).toBe(kind(four.join('.')))
      }),
      { numRuns: 300 },
    )
  })

  it('no spelling of an inner address passes the policy for flows, as URL or as address', () => {
    const egress = flowEgress({})
    fc.assert(
      fc.property(inner, (four) => {
        const [a = 0, b = 0, c = 0, d = 0] = four
        const whole = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
        const hosts = [
          four.join('.'),
          String(whole),
          `0x${whole.toString(16)}`,
          `0${whole.toString(8)}`,
          four.map((part) => `0${part.toString(8)}`).join('.'),
          four.map((part) => `0x${part.toString(16)}`).join('.'),
          `${a}.${(b << 16) | (c << 8) | d}`,
          `${a}.${b}.${(c << 8) | d}`,
          ...carried(four).map((text) => `[${text}]`),
        ]
        for (const spelling of hosts) {
          const host = new URL(`http://${spelling}/`).hostname.replace(/^\[(.*)\]$/, '$1')
          // Every spelling of a number is an address for URL: nothing is left to a name server.
          expect(parseAddress(host), `${spelling} is ${host}`).toBeDefined()
          expect(
            codeOf(() => egress.check({ host, port: 80, written: true }, host)),
            spelling,
          ).toBe('EGRESS_DENIED')
        }
      }),
      { numRuns: 200 },
    )
  })

  it('what URL makes of any address of IPv6 is read as the same bytes', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = new URL(`http://[${text}]/`).hostname
        expect(parseAddress(canonical)).toEqual(parseAddress(text))
        expect(parseAddress(text)).toHaveLength(16)
      }),
      { numRuns: 500 },
    )
  })
})

const codeOf = (act: () => void) => {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof RulewireError) return thrown.code
    throw thrown
  }
  return 'allowed'
}

describe('C27: what is allowed', () => {
  const verdict = (allow: readonly string[], host: string, address = host, port = 80) =>
    codeOf(() => flowEgress({ allow }).check({ host, port, written: true }, address))

  it.each([
    [['192.168.1.10'], '192.168.1.10', 'allowed'],
    [['192.168.1.10'], '192.168.1.11', 'EGRESS_DENIED'],
    [['192.168.1.10:80'], '192.168.1.10', 'allowed'],
    [['192.168.1.10:81'], '192.168.1.10', 'EGRESS_DENIED'],
    [['192.168.0.0/16'], '192.168.77.1', 'allowed'],
    [['192.168.0.0/16'], '::ffff:192.168.77.1', 'allowed'],
    [['192.168.0.0/16'], '10.0.0.1', 'EGRESS_DENIED'],
    [['[fd00::1]:80'], 'fd00::1', 'allowed'],
    [['fd00::1'], 'fd00::1', 'allowed'],
    [['fd00::/8'], 'fd77::1', 'allowed'],
    [['private'], '10.1.1.1', 'allowed'],
    [['private'], '127.0.0.1', 'EGRESS_DENIED'],
    [['local'], '127.0.0.1', 'allowed'],
    [['private', 'local'], '169.254.169.254', 'EGRESS_DENIED'],
    [['private'], 'fd00:ec2::254', 'EGRESS_DENIED'],
    [['169.254.169.254'], '169.254.169.254', 'allowed'],
    [['nonsense!'], '10.0.0.1', 'EGRESS_DENIED'],
  ])('%j: %s is %s', (allow, host, wanted) => expect(verdict(allow, host)).toBe(wanted))

  it('a name that is allowed may stand for inner addresses, never for where credentials are', () => {
    expect(verdict(['hook.lan'], 'hook.lan', '10.0.0.9')).toBe('allowed')
    expect(verdict(['hook.lan'], 'HOOK.lan.', '127.0.0.1')).toBe('allowed')
    expect(verdict(['hook.lan'], 'other.lan', '10.0.0.9')).toBe('EGRESS_DENIED')
    expect(verdict(['*.lan'], 'a.b.lan', '10.0.0.9')).toBe('allowed')
    expect(verdict(['*.lan'], 'evil-lan', '10.0.0.9')).toBe('EGRESS_DENIED')
    expect(verdict(['hook.lan'], 'hook.lan', '169.254.169.254')).toBe('EGRESS_DENIED')
    expect(verdict(['hook.lan'], 'hook.lan', '0.0.0.0')).toBe('EGRESS_DENIED')
  })

  it('this machine is reached only by an address that stands in the flow, and only when that was said', () => {
    const check = (localWritten: boolean, written: boolean) =>
      codeOf(() => flowEgress({ localWritten }).check({ host: '127.0.0.1', port: 80, written }, '127.0.0.1'))
    expect([check(true, true), check(true, false), check(false, true)]).toEqual([
      'allowed',
      'EGRESS_DENIED',
      'EGRESS_DENIED',
    ])
  })

  it('public addresses can be refused, too', () => {
    const check = (host: string) =>
      codeOf(() => flowEgress({ public: false, allow: ['8.8.4.4'] }).check({ host, port: 443, written: true }, host))
    expect([check('8.8.8.8'), check('8.8.4.4')]).toEqual(['EGRESS_DENIED', 'allowed'])
  })

  it('the error says what was found and which setting allows it', () => {
    const check = () => flowEgress({}).check({ host: 'hook.lan', port: 8123, written: true }, '192.168.1.10')
    expect(check).toThrow(
      'A connection to hook.lan:8123 is not allowed: the name stands for 192.168.1.10, an address of a private network.',
    )
    expect(hintOf(check)).toContain('--egress-allow 192.168.1.10,')
  })

  it('brokers, whose URLs the operator gives, may be anywhere but where credentials are', () => {
    const check = (host: string) => codeOf(() => brokerEgress.check({ host, port: 1883, written: true }, host))
    expect(['127.0.0.1', '10.0.0.1', '169.254.3.3', 'fe80::1', '8.8.8.8'].map(check)).toEqual(Array(5).fill('allowed'))
    expect(['169.254.169.254', '0.0.0.0', '::ffff:169.254.169.254'].map(check)).toEqual(Array(3).fill('EGRESS_DENIED'))
  })

  it.each(['', '10.0.0.0/33', '10.0.0.1:0', '10.0.0.1:70000', 'a b', 'http://x', '*', '1.2.3', '0x7f.1', 'fd00::1:x'])(
    'refuses the entry %j',
    (entry) => expect(egressEntryFault(entry)).toContain('write 192.168.1.10'),
  )
})

function hintOf(act: () => void): string {
  try {
    act()
  } catch (thrown) {
    return thrown instanceof RulewireError ? thrown.hint : ''
  }
  return ''
}
