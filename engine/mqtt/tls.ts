import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureVersion } from 'node:tls'
import { reasonOf } from '../errors.ts'
import { leastTls } from '../net/tls-files.ts'
import type { ConnectionConfig } from './contract.ts'

/** What `node:tls` takes for a connection to a broker. */
export interface TlsOptions {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized: boolean
  readonly minVersion: SecureVersion
}

/**
 * Certificates of a connection as they are now: files are read anew, so those that were renewed hold from the next connection on.
 * Throws when they cannot be read or do not belong together.
 */
export function readTls({ tls = {} }: ConnectionConfig): TlsOptions {
  const { files = {} } = tls
  const texts: { ca?: string; cert?: string; key?: string } = {}
  for (const name of ['ca', 'cert', 'key'] as const) {
    const file = files[name]
    const text = file === undefined ? tls[name] : readText(file)
    if (text !== undefined) texts[name] = text
  }
  createSecureContext(texts)
  return { ...texts, rejectUnauthorized: tls.rejectUnauthorized ?? true, minVersion: leastTls }
}

/** Whether there is TLS and nobody checks who is at the other end: that must be visible (C20). */
export function isUnverified({ url, tls, connect }: ConnectionConfig): boolean {
  return connect === undefined && tls?.rejectUnauthorized === false && /^(mqtts|wss):/i.test(url)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}
