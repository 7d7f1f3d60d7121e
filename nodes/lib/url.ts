import { wrongResult } from './values.ts'

/**
 * Fills `{name}` in a URL, percent-encoded. Throws WRONG_RESULT when a value is missing or empty, or is "." or "..", which
 * would lead to another path.
 */
export function fillUrl(template: string, params: Readonly<Record<string, string>>): string {
  return template.replace(parameter, (whole, name: string) => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined
    if (value === undefined || value === '' || value === '.' || value === '..') {
      throw wrongResult(whole, value, 'a part of a path (some text, not "." or "..")')
    }
    return encodeURIComponent(value)
  })
}

/** Why a text is no URL to call, with or without `{name}` in it; undefined when it is one. */
export function urlFault(template: string): string | undefined {
  const origin = /^https?:\/\/([^/?#\\]*)/i.exec(template)
  if (origin === null) return 'it does not start with http:// or https://; write the whole URL'
  const server = origin[1] ?? ''
  if (server.includes('@')) return 'a name and password do not belong into a URL; use a header with a secret'
  if (/[{}]/.test(server)) return 'the name of the server cannot be filled from a message; use "urlFrom" for that'
  const filled = template.replace(parameter, 'x')
  if (/[{}]/.test(filled)) return 'a { or } is not part of a {name}; write %7B or %7D for the sign itself'
  return URL.canParse(filled) ? undefined : 'that is no URL; look at the server and the port'
}

const parameter = /\{([A-Za-z_]\w*)\}/g
