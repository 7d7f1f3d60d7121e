import { isIP } from 'node:net'

/**
 * What an IP address is to us. `local`: this machine. `private`: a network that is nobody's in public. `link`: reachable on this
 * wire only. `metadata`: where clouds hand out credentials. `special`: nothing that one connects to.
 */
export type AddressKind = 'public' | 'local' | 'private' | 'link' | 'metadata' | 'special'

/** A range of addresses: the first `bits` of `bytes` (4 or 16 of them). */
export interface AddressRange {
  readonly bytes: readonly number[]
  readonly bits: number
}

/** The bytes of an IP address: 4 or 16. Undefined when the text is none; a zone (`%eth0`) counts for nothing. */
export function parseAddress(text: string): readonly number[] | undefined {
  const plain = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  const version = isIP(plain)
  if (version === 4) return plain.split('.').map(Number)
  return version === 6 ? parseSixteen(plain) : undefined
}

/** A range such as `10.0.0.0/8`, or one address. Undefined when the text is none. */
export function parseRange(text: string): AddressRange | undefined {
  const [address = '', length, surplus] = text.split('/')
  const bytes = parseAddress(address)
  if (bytes === undefined || surplus !== undefined) return undefined
  if (length === undefined) return { bytes, bits: bytes.length * 8 }
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  return bits <= bytes.length * 8 ? { bytes, bits } : undefined
}

/** Whether an address lies in a range. One of IPv4 that is written as IPv6 lies in the ranges of IPv4. */
export function isWithin(address: readonly number[], { bytes, bits }: AddressRange): boolean {
  const found = bytes.length === 4 ? (mapped(address) ?? address) : address
  if (found.length !== bytes.length) return false
  return bytes.every((byte, index) => {
    const left = Math.min(8, Math.max(0, bits - index * 8))
    const mask = (0xff << (8 - left)) & 0xff
    return (byte & mask) === ((found[index] ?? 0) & mask)
  })
}

/**
 * What an address is, from the registries of special addresses of IANA (RFC 6890) and the places where clouds answer. An IPv6
 * address that carries one of IPv4 (mapped, translated, NAT64, 6to4, ISATAP) is what that one is.
 */
export function kindOf(address: readonly number[]): AddressKind {
  const carried = carriedFour(address)
  if (carried !== undefined) return kindOf(carried)
  for (const [kind, ranges] of kinds) if (ranges.some((range) => isWithin(address, range))) return kind
  if (address.length === 4) return 'public'
  return isWithin(address, globalUnicast) ? 'public' : 'special'
}

/** Whether others than this machine cannot have an address. */
export function isLoopbackAddress(text: string): boolean {
  const address = parseAddress(text)
  return address !== undefined && kindOf(address) === 'local'
}

/** What counts as one place to come from: an address of IPv4, or a network of IPv6, which is given to one customer as a whole. */
export function placeOf(text: string): string {
  const address = parseAddress(text)
  if (address === undefined) return text
  const four = mapped(address) ?? address
  return four.length === 4 ? four.join('.') : four.slice(0, 8).join('.')
}

const globalUnicast = ranges('2000::/3')[0] as AddressRange // written right here

/** In the order in which they are looked at. */
const kinds: readonly (readonly [AddressKind, readonly AddressRange[]])[] = [
  [
    'metadata',
    ranges(
      '169.254.169.254',
      '169.254.170.2',
      '169.254.170.23',
      '100.100.100.200',
      '192.0.0.192',
      '168.63.129.16',
      'fd00:ec2::254',
      'fd20:ce::254',
    ),
  ],
  ['local', ranges('127.0.0.0/8', '::1')],
  [
    'private',
    ranges('10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10', '64:ff9b:1::/48'),
  ],
  ['link', ranges('169.254.0.0/16', 'fe80::/10')],
  [
    'special',
    ranges(
      // 0.0.0.0 reaches this machine; what begins so has no other meaning
      '0.0.0.0/8',
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.88.99.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '224.0.0.0/4',
      '240.0.0.0/4',
      '::/128',
      '100::/64',
      // Teredo carries two addresses of IPv4 and is gone from the networks
      '2001::/32',
      '2001:db8::/32',
      '3fff::/20',
      'ff00::/8',
    ),
  ],
]

/** Where an IPv6 address carries one of IPv4: the prefix, and the place of its first byte. */
const carriers: readonly (readonly [AddressRange, number])[] = [
  [rangeOf('::ffff:0:0/96'), 12],
  [rangeOf('::ffff:0:0:0/96'), 12],
  [rangeOf('64:ff9b::/96'), 12],
  [rangeOf('2002::/16'), 2],
]

function carriedFour(address: readonly number[]): readonly number[] | undefined {
  if (address.length === 4) return undefined
  for (const [range, at] of carriers) if (isWithin(address, range)) return address.slice(at, at + 4)
  // ::a.b.c.d, without :: and ::1
  if (address.slice(0, 12).every((byte) => byte === 0) && (address[12] ?? 0) > 0) return address.slice(12)
  const isatap =
    (address[8] === 0 || address[8] === 2) && address[9] === 0 && address[10] === 0x5e && address[11] === 0xfe
  return isatap ? address.slice(12) : undefined
}

function mapped(address: readonly number[]): readonly number[] | undefined {
  return address.length === 16 && isWithin(address, rangeOf('::ffff:0:0/96')) ? address.slice(12) : undefined
}

function parseSixteen(text: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  const [, head = '', a, b, c, d] = dotted ?? []
  const last = dotted === null ? [] : [Number(a), Number(b), Number(c), Number(d)]
  const [front = '', back] = (dotted === null ? text : head.replace(/([^:]):$/, '$1')).split('::')
  const groups = (part: string) =>
    part === ''
      ? []
      : part.split(':').flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
  if (back === undefined) return [...groups(front), ...last]
  const tail = [...groups(back), ...last]
  const start = groups(front)
  return [...start, ...Array.from({ length: 16 - start.length - tail.length }, () => 0), ...tail]
}

function ranges(...texts: string[]): readonly AddressRange[] {
  return texts.map(rangeOf)
}

function rangeOf(text: string): AddressRange {
  const range = parseRange(text)
  if (range === undefined) throw new TypeError(`${text} is no range of addresses`)
  return range
}
