import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureVersion } from 'node:tls'
import { reasonOf, rulewireError } from '../errors.ts'
import type { Log } from '../log.ts'

/** PEM files of a server. */
export interface TlsFileNames {
  /** The certificate, with those between it and its authority behind it. */
  readonly cert: string
  readonly key: string
  /** The authority of client certificates. */
  readonly clientCa?: string | undefined
}

/** What `node:tls` takes, as texts. */
export interface TlsTexts {
  readonly cert: string
  readonly key: string
  readonly ca?: string
  readonly minVersion: SecureVersion
}

/** A server of `node:tls` or `node:https`. */
export interface TlsServer {
  setSecureContext(options: TlsTexts): void
}

export interface TlsFilesOptions {
  readonly files: TlsFileNames
  /** Who serves with it, for the log: `the editor`. */
  readonly what: string
  readonly log: Log
  /** UTC milliseconds. */
  now?(): number
  /** Milliseconds between two looks at the files; 5,000 unless said. */
  readonly interval?: number
}

const defaultInterval = 5000
const day = 86_400_000
/** Days before the end of a certificate at which it is said. */
const warnings = [14, 7, 3, 1, 0]

/** The least version of TLS for everything that Rulewire opens or listens on (C19). */
export const leastTls: SecureVersion = 'TLSv1.2'

/**
 * Certificate and key of a server, read again when their files change: connections from then on get the new pair, those that
 * stand go on. A pair that cannot be used changes nothing and is said once (C19).
 */
export class TlsFiles {
  readonly #options: TlsFilesOptions
  readonly #servers = new Set<TlsServer>()
  readonly #timer: NodeJS.Timeout
  #texts: TlsTexts
  #stamp: string
  #lastFault = ''
  #warned = Number.POSITIVE_INFINITY

  /** Throws TLS_FILES when the files cannot be used. */
  constructor(options: TlsFilesOptions) {
    this.#options = options
    const { texts, stamp } = read(options.files)
    this.#texts = texts
    this.#stamp = stamp
    this.#warnOfEnd()
    this.#timer = setInterval(() => this.reload(), options.interval ?? defaultInterval)
    this.#timer.unref()
  }

  /** For making a server; it follows the files once it is attached. */
  get texts(): TlsTexts {
    return this.#texts
  }

  /** When the certificate ends, UTC milliseconds. */
  get expires(): number {
    return endOf(this.#texts.cert)
  }

  attach(server: TlsServer): void {
    this.#servers.add(server)
  }

  /** Looks at the files now. False when they cannot be used: what was good before stays. */
  reload(): boolean {
    const { what, log, files } = this.#options
    this.#warnOfEnd()
    try {
      const { texts, stamp } = read(files)
      this.#lastFault = ''
      if (stamp === this.#stamp) return true
      for (const server of this.#servers) server.setSecureContext(texts)
      this.#texts = texts
      this.#stamp = stamp
      this.#warned = Number.POSITIVE_INFINITY
      log('info', `${what} has a new certificate, until ${new Date(this.expires).toISOString()}`)
      this.#warnOfEnd()
      return true
    } catch (thrown) {
      const fault = reasonOf(thrown)
      if (fault !== this.#lastFault) log('error', `${what} keeps the certificate that it has: ${fault}`)
      this.#lastFault = fault
      return false
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#servers.clear()
  }

  #warnOfEnd(): void {
    const { what, log, now = Date.now } = this.#options
    const left = Math.ceil((this.expires - now()) / day)
    const reached = warnings.filter((days) => left <= days).at(-1)
    if (reached === undefined || reached >= this.#warned) return
    this.#warned = reached
    const when = new Date(this.expires).toISOString()
    log(
      'warn',
      left <= 0 ? `the certificate of ${what} ended at ${when}` : `the certificate of ${what} ends at ${when}`,
    )
  }
}

function read(files: TlsFileNames): { texts: TlsTexts; stamp: string } {
  const cert = readPem(files.cert)
  const key = readPem(files.key)
  const ca = files.clientCa === undefined ? undefined : readPem(files.clientCa)
  const texts: TlsTexts = { cert, key, ...(ca === undefined ? {} : { ca }), minVersion: leastTls }
  try {
    createSecureContext(texts)
    endOf(cert)
  } catch (cause) {
    const detail = `certificate and key cannot be used together (${reasonOf(cause)})`
    throw rulewireError('TLS_FILES', { file: files.cert, detail }, { cause })
  }
  return { texts, stamp: createHash('sha256').update([cert, key, ca].join('\0')).digest('hex') }
}

function readPem(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw rulewireError('TLS_FILES', { file, detail: `it cannot be read (${reasonOf(cause)})` }, { cause })
  }
  if (text.includes('-----BEGIN ')) return text
  throw rulewireError('TLS_FILES', { file, detail: 'it holds no PEM text' })
}

function endOf(cert: string): number {
  return Date.parse(new X509Certificate(cert).validTo)
}
