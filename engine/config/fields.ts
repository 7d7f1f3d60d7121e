import { z } from 'zod'

/** How a setting is written beside the file: as an option of `rulewire start` and as an environment variable. */
export interface CommandLine {
  /** Without the dashes. */
  readonly flag: string
  readonly variable: string
  /** What help shows in place of the value; unset for switches and choices. */
  readonly value?: string
  /** What help shows as the default, when it is not the default's own text. */
  readonly shown?: string
  /** Help, when it is not the description of the setting. */
  readonly help?: string
  /** The flag is for this part of the setting. */
  readonly below?: readonly string[]
  /** The flag says NAME=VALUE: the value becomes this field of the entry NAME of a record. */
  readonly pairs?: string
}

/** For `meta({ cli: ... })`: the setting is also `--flag`, and a variable that is named after it unless one is given. */
export function commandLine(flag: string, more: Partial<Omit<CommandLine, 'flag'>> = {}): CommandLine {
  return { variable: `RULEWIRE_${flag.toUpperCase().replaceAll('-', '_')}`, ...more, flag }
}

/** The path of a file or directory; a relative one belongs to the directory of the config file that it stands in. */
export function filePath() {
  return z.string().min(1).meta({ format: 'path' })
}

/** The URL of a broker; user and password may stand in it and are never shown. */
export function brokerUrl() {
  return z
    .string()
    .superRefine((text, context) => {
      const fault = urlFault(text, ['mqtt', 'mqtts', 'ws', 'wss'])
      if (fault === undefined) return
      const wanted = 'write a URL such as mqtt://127.0.0.1:1883, which begins with mqtt://, mqtts://, ws:// or wss://'
      context.addIssue({ code: 'custom', message: `${fault}; ${wanted}` })
    })
    .meta({ format: 'url', examples: ['mqtts://broker.example:8883'] })
}

/** The URL of a web service. A login in it would not be sent, and would stand in errors. */
export function webUrl() {
  return z
    .string()
    .superRefine((text, context) => {
      const fault = urlFault(text, ['http', 'https'])
      const { username = '', password = '' } = URL.parse(text) ?? {}
      if (fault !== undefined) {
        context.addIssue({ code: 'custom', message: `${fault}; write a URL that begins with http:// or https://` })
      } else if (username !== '' || password !== '') {
        const wanted = 'write it into "headers", such as { "authorization": { "$secret": "collector" } }'
        context.addIssue({ code: 'custom', message: `it holds a login, which is not sent; ${wanted}` })
      }
    })
    .meta({ format: 'url', examples: ['https://service.example/path'] })
}

/** A value that may only stand there by its name: `{ "$secret": "name" }`. */
export function secretReference() {
  return z
    .strictObject({
      $secret: z
        .string()
        .min(1)
        .meta({ examples: ['plant-password'] }),
    })
    .meta({ examples: [{ $secret: 'plant-password' }] })
}

/** A host name, with a port or without. */
export function hostName() {
  return z.string().superRefine((text, context) => {
    if (/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(text)) return
    const message = 'that is no host name; write a name such as rulewire.example or rulewire.example:8443'
    context.addIssue({ code: 'custom', message })
  })
}

/** A section of the file: everything in it has a default or may be left out, so the section may be, too. */
export function section<Fields extends z.ZodRawShape>(description: string, fields: Fields) {
  return z
    .strictObject(fields)
    .prefault({} as never) // checked by a test: the empty file is a whole one
    .meta({ description })
}

function urlFault(text: string, schemes: readonly string[]): string | undefined {
  const parsed = URL.parse(text)
  if (parsed === null || !text.includes('://')) return 'that is no URL'
  const scheme = parsed.protocol.slice(0, -1)
  if (!schemes.includes(scheme)) return `"${scheme}" is no scheme for this`
  return parsed.hostname === '' ? 'it names no host' : undefined
}
