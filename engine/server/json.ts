import { RulewireError, rulewireError } from '../errors.ts'
import { readJsonText } from '../flow/jsontext.ts'

/**
 * Reads JSON bytes of a stranger, at most 64 levels deep and with each field once. Throws BROKEN_JSON, TOO_LARGE or
 * DUPLICATE_FIELD with the line and column.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const { value, problems } = readJsonText(decode(bytes))
  const first = problems[0]
  if (first === undefined) return value
  const place = first.line === undefined ? undefined : `line ${first.line}, column ${first.column}`
  const at = place ?? first.at
  throw new RulewireError(at === undefined ? first : { ...first, at }, { problems })
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw rulewireError('BROKEN_JSON', { detail: 'the bytes are not UTF-8' }, { cause })
  }
}
