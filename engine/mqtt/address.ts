import { reasonOf, rulewireError } from '../errors.ts'
import type { ConnectionConfig } from './contract.ts'
import { readTls } from './tls.ts'

/** Where a broker is and how it is reached, read from a connection's config. */
export interface Address {
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss' | 'stream'
  readonly host: string
  readonly port: number
  /** Path and query of a WebSocket. */
  readonly path: string
  /** The URL without user and password, for people. */
  readonly shown: string
  /** `host:port`, for people. */
  readonly place: string
  readonly username: string | undefined
  readonly password: string | undefined
}

const schemes: Readonly<Record<string, { transport: Address['transport']; port: number }>> = {
  'mqtt:': { transport: 'tcp', port: 1883 },
  'mqtts:': { transport: 'tls', port: 8883 },
  'ws:': { transport: 'ws', port: 80 },
  'wss:': { transport: 'wss', port: 443 },
}
const wanted = 'Write mqtt://host:1883, mqtts://host:8883, ws://host/path or wss://host/path.'

/** Reads URL, login and TLS texts of a config. Throws OPTION_VALUE with what to write instead; never shows a password. */
export function readAddress(config: ConnectionConfig): Address {
  const login = { username: config.username, password: config.password }
  if (config.connect !== undefined) {
    const shown = withoutLogin(config.url)
    return { transport: 'stream', host: '', port: 0, path: '', shown, place: shown, ...checkLogin(config, login) }
  }
  const refuse = (detail: string, cause?: unknown) => refusal(config, detail, wanted, cause)
  let url: URL
  try {
    url = new URL(config.url)
  } catch (cause) {
    throw refuse(config.url === '' ? 'it is empty' : 'that is not a URL', cause)
  }
  const scheme = schemes[url.protocol]
  if (scheme === undefined) throw refuse(`"${url.protocol}" is not a way to a broker`)
  if (url.hostname === '') throw refuse('it names no host')
  const web = scheme.transport === 'ws' || scheme.transport === 'wss'
  const path = `${url.pathname}${url.search}`
  if (!web && path !== '' && path !== '/') throw refuse(`"${path}" has no meaning after the host`)
  if (url.port === '0') throw refuse('there is no port 0')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = url.port === '' ? scheme.port : Number(url.port)
  const place = `${url.hostname}:${port}`
  const fromUrl = {
    username: url.username === '' ? undefined : decoded(config, 'user name', url.username),
    password: url.password === '' ? undefined : decoded(config, 'password', url.password),
  }
  checkTls(config, scheme.transport)
  return {
    transport: scheme.transport,
    host,
    port,
    path: path === '' ? '/' : path,
    shown: `${url.protocol}//${place}${web ? path : ''}`,
    place,
    ...checkLogin(config, {
      username: login.username ?? fromUrl.username,
      password: login.password ?? fromUrl.password,
    }),
  }
}

/** A URL, right or wrong, without what may be user and password: all that stands before its last "@". */
export function withoutLogin(url: string): string {
  const at = url.lastIndexOf('@')
  if (at < 0) return url
  return `${/^[a-z]+:\/\//i.exec(url)?.[0] ?? ''}${url.slice(at + 1)}`
}

function refusal(config: ConnectionConfig, detail: string, hint: string, cause?: unknown) {
  const values = {
    option: `The URL of the broker "${config.name}"`,
    found: withoutLogin(config.url),
    detail,
    wanted: hint,
  }
  return rulewireError('OPTION_VALUE', values, cause === undefined ? {} : { cause: nameless(cause) })
}

/** Node puts the whole URL, password included, into the error of a wrong one. */
function nameless(cause: unknown): unknown {
  return cause instanceof TypeError ? new TypeError(cause.message) : cause
}

function decoded(config: ConnectionConfig, what: string, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    const hint = 'Write "%" as %25, "@" as %40, ":" as %3A and "/" as %2F there.'
    throw refusal(config, `the ${what} in it is not percent-encoded`, hint, cause)
  }
}

function checkLogin(config: ConnectionConfig, login: { username: string | undefined; password: string | undefined }) {
  if (login.password !== undefined && login.username === undefined) {
    throw refusal(config, 'it has a password without a user name', 'Give a user name too.')
  }
  return login
}

function checkTls(config: ConnectionConfig, transport: Address['transport']): void {
  const { tls } = config
  if (tls === undefined) return
  if (transport !== 'tls' && transport !== 'wss') {
    const { ca, cert, key } = { ...tls, ...tls.files }
    if (ca === undefined && cert === undefined && key === undefined) return
    throw refusal(config, 'it has certificates but does not use TLS', 'Write mqtts:// or wss://.')
  }
  try {
    readTls(config)
  } catch (cause) {
    const hint = 'Give ca, cert and key as PEM texts that belong together.'
    throw refusal(config, `its certificates cannot be used (${reasonOf(cause)})`, hint, cause)
  }
}
