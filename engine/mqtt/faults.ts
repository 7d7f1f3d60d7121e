import { ReasonCodes } from 'mqtt'
import { reasonOf } from '../errors.ts'
import type { Address } from './address.ts'

/** Why a stream to a broker failed, as a sentence that says what to look at. */
export function socketFault(error: unknown, address: Address): string {
  const code = codeOf(error)
  const { place, host } = address
  const sentence = code === undefined ? undefined : socketSentences[code]?.(place, host)
  if (sentence !== undefined) return `${sentence} (${code}).`
  const status = /Unexpected server response: (\d+)/.exec(reasonOf(error))?.[1]
  if (status !== undefined)
    return `${place} answered the WebSocket request with HTTP ${status}; look at the path of the URL.`
  return `The connection to ${place} failed: ${reasonOf(error)}${code === undefined ? '' : ` (${code})`}.`
}

/** Why a broker refused a CONNECT, from the code of its CONNACK. */
export function connackFault(code: number, address: Address, clientId: string): string {
  const known = connackSentences[code]
  if (known !== undefined) return `${known(address.place, clientId)} (code ${hexadecimal(code)}).`
  return `The broker ${address.place} refused the connection: ${reasonText(code)} (code ${hexadecimal(code)}).`
}

/** Why a broker ended a connection, from its DISCONNECT (MQTT 5). */
export function disconnectFault(code: number, address: Address, clientId: string): string {
  if (code === sessionTakenOver) {
    return `Another client with the id "${clientId}" took over at ${address.place}; give each engine a client id of its own (code 0x8e).`
  }
  return `The broker ${address.place} ended the connection: ${reasonText(code)} (code ${hexadecimal(code)}).`
}

/** The name of a reason code of MQTT 5, or its number. */
export function reasonText(code: number): string {
  const names: Readonly<Record<number, string>> = ReasonCodes
  return names[code] || `reason ${hexadecimal(code)}`
}

/** The broker sent bytes that MQTT does not allow. */
export class ProtocolFault extends Error {
  constructor(text: string) {
    super(text)
    this.name = 'ProtocolFault'
  }
}

const sessionTakenOver = 0x8e

type Sentence = (place: string, host: string) => string

const unreachable: Sentence = (place) => `There is no way to ${place}`
const untrusted: Sentence = (place) =>
  `The certificate of ${place} is signed by nobody we trust; give the authority's certificate as "ca"`
const cut: Sentence = (place) => `${place} cut the connection`
const noTls: Sentence = (place) => `${place} does not speak TLS; is the port right, or is mqtt:// meant`

const socketSentences: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: (place) => `Nothing listens on ${place}`,
  ENOTFOUND: (_, host) => `The host "${host}" is not known`,
  EAI_AGAIN: (_, host) => `The name server gives no answer about the host "${host}"`,
  ETIMEDOUT: (place) => `${place} does not answer`,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ECONNRESET: cut,
  EPIPE: cut,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: (place) => `The certificate of ${place} has expired`,
  CERT_NOT_YET_VALID: (place) => `The certificate of ${place} is not valid yet; is this machine's clock right`,
  ERR_TLS_CERT_ALTNAME_INVALID: (place, host) =>
    `The certificate of ${place} is for another host than "${host}"; use a name that stands in it`,
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: (place) => `${place} wants a client certificate; give "cert" and "key"`,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: (place) => `${place} does not know who signed our client certificate`,
}

const badLogin: Sentence = (place) => `The broker ${place} does not accept this user name or password`
const notAllowed: Sentence = (place) =>
  `The broker ${place} does not let this client in; look at user name, password and its access list`
const badId: Sentence = (place, clientId) => `The broker ${place} does not accept the client id "${clientId}"`
const absent: Sentence = (place) => `The broker ${place} says that it is not available now`

/** Codes below 128 are those of MQTT 3.1.1, the others those of MQTT 5. */
const connackSentences: Readonly<Record<number, Sentence>> = {
  1: (place) => `The broker ${place} does not speak this version of MQTT`,
  2: badId,
  3: absent,
  4: badLogin,
  5: notAllowed,
  132: (place) => `The broker ${place} does not speak this version of MQTT`,
  133: badId,
  134: badLogin,
  135: notAllowed,
  136: absent,
}

function hexadecimal(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
