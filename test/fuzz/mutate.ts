import type { Random } from '../jsonata/random.ts'

/** Bytes in which a few places were changed, cut out, doubled, or filled with another piece. */
export function mutateBytes(bytes: Uint8Array, random: Random): Buffer {
  let changed = Buffer.from(bytes)
  for (let count = 1 + random.below(4); count > 0; count--) {
    if (changed.length === 0) return Buffer.from([random.below(256)])
    const from = random.below(changed.length)
    const kind = random.next()
    if (kind < 0.5) changed.writeUInt8(random.below(256), from)
    else if (kind < 0.6) changed.writeUInt8(random.pick([0, 0x7f, 0x80, 0xff]), from)
    else if (kind < 0.75)
      changed = Buffer.concat([changed.subarray(0, from), changed.subarray(from + 1 + random.below(5))])
    else if (kind < 0.9) {
      const piece = changed.subarray(from, from + 1 + random.below(40))
      changed = Buffer.concat([changed.subarray(0, from), piece, changed.subarray(from)])
    } else changed = changed.subarray(0, from)
  }
  return changed
}

/** A JSON value in which some places hold something else, something more, or nothing. */
export function mutateJson(value: unknown, random: Random): unknown {
  const copy: unknown = structuredClone(value)
  for (let count = 1 + random.below(4); count > 0; count--) {
    const places = placesIn(copy)
    if (places.length === 0) return wild(random)
    const { owner, name } = random.pick(places)
    const kind = random.next()
    if (kind < 0.2) Reflect.deleteProperty(owner, name)
    else if (kind < 0.3 && !Array.isArray(owner)) Reflect.set(owner, `${name}x`, wild(random))
    else if (kind < 0.4 && Array.isArray(owner)) owner.push(...random.list(random.below(200), () => owner[0]))
    else Reflect.set(owner, name, wild(random))
  }
  return copy
}

/** Values that break programs. */
export function wild(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => true,
    () => -1,
    () => 1e308,
    () => 0.1,
    () => Number.MAX_SAFE_INTEGER,
    () => '',
    () => 'x'.repeat(random.below(5000)),
    () => '\u0000\u001b[2J\u202e\ud800',
    () => '<img src=x onerror=alert(1)>',
    () => '../../../etc/passwd',
    () => '$sum([1..1e7])',
    () => '($f := function($x){$f($x)}; $f(1))',
    () => "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /^(a+)+$/)",
    () => '{"a":'.repeat(200),
    () => '#',
    () => '$SYS/#',
    () => 'a/+/{b}/#',
    () => '99999999d',
    () => '* * * * * *',
    () => ({ $secret: 'x' }),
    () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as unknown,
    () => deep(random.below(60)),
    () => random.list(random.below(300), (index) => index),
  ])()
}

/** Text that is almost JSON. */
export function almostJson(value: unknown, random: Random): Buffer {
  const text = JSON.stringify(value) ?? 'null'
  return random.chance(0.5) ? mutateBytes(Buffer.from(text), random) : Buffer.from(text)
}

function deep(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

function placesIn(value: unknown): { owner: object; name: string }[] {
  if (typeof value !== 'object' || value === null) return []
  const own = Object.keys(value).map((name) => ({ owner: value, name }))
  return [...own, ...Object.values(value).flatMap(placesIn)]
}
