import { rulewireError } from '../errors.ts'
import { type AddressKind, type AddressRange, isWithin, kindOf, parseAddress, parseRange } from './address.ts'

/** What may be connected to, beside public addresses. */
export interface EgressSettings {
  /**
   * Each is an address (`192.168.1.10`), a range (`10.0.0.0/8`), a name (`hook.lan`, `*.plant.example`) or a word (`private`,
   * `local`); a port may stand behind addresses and names (`192.168.1.10:8123`, `[fd00::1]:80`).
   */
  readonly allow?: readonly string[] | undefined
  /** False: only what `allow` names. True unless said. */
  readonly public?: boolean | undefined
  /** True: this machine, too, when the address stands in the flow and no message chose it. */
  readonly localWritten?: boolean | undefined
}

/** Where a connection shall go. */
export interface Place {
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
  /** It stands in a flow or a setting; false when a message or a server's answer chose it. */
  readonly written: boolean
}

/** Says where a connection may go. */
export interface Egress {
  /** Throws EGRESS_DENIED unless this address of a place may be connected to. */
  check(place: Place, address: string): void
}

/** Why a text is no entry of {@link EgressSettings.allow}, with what to write instead; undefined when it is one. */
export function egressEntryFault(text: string): string | undefined {
  return readEntry(text) === undefined
    ? 'that is no address, range, name or word; write 192.168.1.10, 192.168.1.10:8123, 10.0.0.0/8, hook.lan, *.plant.example, private or local'
    : undefined
}

/** The policy for what flows ask for. Entries that are none allow nothing; {@link egressEntryFault} tells. */
export function flowEgress(settings: EgressSettings = {}): Egress {
  const entries = (settings.allow ?? []).flatMap((text) => readEntry(text) ?? [])
  return {
    check(place, text) {
      const address = parseAddress(text)
      if (address === undefined) throw denied(place, text, 'special')
      const kind = kindOf(address)
      if (kind === 'public' && settings.public !== false) return
      if (kind === 'local' && place.written && settings.localWritten === true) return
      if (entries.some((entry) => allows(entry, place, address, kind))) return
      throw denied(place, text, kind)
    },
  }
}

/**
 * The policy for brokers, whose URLs only the operator gives: every address but those where clouds hand out credentials and
 * those that nothing can listen on.
 */
export const brokerEgress: Egress = {
  check(place, text) {
    const address = parseAddress(text)
    const kind = address === undefined ? 'special' : kindOf(address)
    if (kind === 'metadata' || kind === 'special')
      throw denied(place, text, kind, 'another URL; no setting allows this one')
  },
}

type Entry =
  | { readonly kind: AddressKind }
  | { readonly range: AddressRange; readonly port: number | undefined }
  | { readonly name: string; readonly below: boolean; readonly port: number | undefined }

const words: Readonly<Record<string, AddressKind>> = { private: 'private', local: 'local', loopback: 'local' }
/** The last part begins with a letter: what begins with a digit could be another spelling of an address. */
const namePattern = /^(\*\.)?((?:[a-z0-9_-]+\.)*[a-z_][a-z0-9_-]*)$/

function readEntry(given: string): Entry | undefined {
  const text = given.trim().toLowerCase()
  const word = Object.hasOwn(words, text) ? words[text] : undefined
  if (word !== undefined) return { kind: word }
  const whole = parseRange(text.replace(/^\[(.*)\]$/, '$1'))
  if (whole !== undefined) return { range: whole, port: undefined }
  const [, host = text, digits] = /^(.*):(\d{1,5})$/.exec(text) ?? []
  const port = digits === undefined ? undefined : Number(digits)
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined
  const bracketed = /^\[(.*)\]$/.exec(host)?.[1]
  const range = bracketed !== undefined || !host.includes(':') ? parseRange(bracketed ?? host) : undefined
  if (range !== undefined) return { range, port }
  const name = namePattern.exec(host)
  return name === null ? undefined : { name: name[2] ?? '', below: name[1] !== undefined, port }
}

function allows(entry: Entry, place: Place, address: readonly number[], kind: AddressKind): boolean {
  if ('kind' in entry) return entry.kind === kind
  if (entry.port !== undefined && entry.port !== place.port) return false
  if ('range' in entry) return isWithin(address, entry.range)
  const host = place.host.toLowerCase().replace(/\.$/, '')
  const named = entry.below ? host.endsWith(`.${entry.name}`) : host === entry.name
  // Who answers for a name could point it to credentials; those want to be named by their address.
  return named && (kind === 'public' || kind === 'private' || kind === 'local')
}

const descriptions: Readonly<Record<AddressKind, string>> = {
  public: 'a public address, and only listed ones are allowed',
  local: 'this machine',
  private: 'an address of a private network',
  link: 'an address of this wire only',
  metadata: 'where clouds hand out credentials',
  special: 'an address that stands for no other machine',
}

function denied({ host, port }: Place, address: string, kind: AddressKind, wanted?: string) {
  const literal = parseAddress(host) !== undefined
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const detail = literal ? `that is ${descriptions[kind]}` : `the name stands for ${address}, ${descriptions[kind]}`
  const allow = `--egress-allow ${address}, or "egress": { "allow": ["${address}"] } in the config file`
  return rulewireError('EGRESS_DENIED', { place, detail, setting: wanted ?? allow })
}
