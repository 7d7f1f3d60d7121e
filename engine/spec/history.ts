import { z } from 'zod'
import { duration, topicFilter } from './fields.ts'

/** What is recorded of a connection or a flow, and how much of it stays. */
export interface HistorySettings {
  /** Topic filters; `{name}` stands for one level. */
  readonly filters: readonly string[]
  /** Milliseconds after which messages go. */
  readonly keep: number
  /** Bytes on the disk above which the oldest go. */
  readonly size: number
  /** At which QoS filters are subscribed that no node subscribes to. */
  readonly qos: 0 | 1 | 2
}

const day = 86_400_000
const megabyte = 1_000_000
const sizeUnits: Readonly<Record<string, number>> = {
  kB: 1000,
  MB: megabyte,
  GB: 1000 * megabyte,
  TB: 1_000_000 * megabyte,
}
const sizeShape = /^(\d+(?:\.\d+)?)(kB|MB|GB|TB)$/

/** Bytes of a text such as `500MB` or `1.5GB` (powers of ten); undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ''] = sizeShape.exec(text) ?? []
  return number === undefined ? undefined : Math.round(Number(number) * (sizeUnits[unit] ?? 1))
}

/** A field that holds a number of bytes: text in files, bytes in code. */
export function size() {
  return z
    .string()
    .transform((text, context) => {
      const bytes = parseSize(text)
      if (bytes !== undefined) return bytes
      const message = `"${text}" is not a size; write a number and a unit, such as 500MB or 1.5GB`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })
    .meta({ pattern: sizeShape.source })
}

/** What a field that is left out means. */
export const historyDefaults = { keep: 30 * day, size: 500 * megabyte, qos: 1 as const }

/** Fields of `history`, in a flow and in the config of a connection. */
export const historyFields = {
  filters: z
    .array(historyFilter())
    .min(1)
    .max(1000)
    .meta({ title: 'Topic filters', description: 'What is recorded.', examples: [['plant/+/temperature']] }),
  keep: duration()
    .refine((time) => time >= 60_000, 'that is too short; write a duration of at least 1m')
    .default(historyDefaults.keep)
    .meta({ title: 'Keep', description: 'Messages that are older go. 30d unless said.', examples: ['30d'] }),
  size: size()
    .refine((bytes) => bytes >= megabyte, 'that is too small; write a size of at least 1MB')
    .default(historyDefaults.size)
    .meta({
      title: 'Size',
      description: 'When the compressed messages are larger than this, the oldest go. 500MB unless said.',
      examples: ['500MB'],
    }),
  qos: z
    .literal([0, 1, 2])
    .default(historyDefaults.qos)
    .meta({ title: 'QoS', description: 'For filters that no node subscribes to. 1 unless said.', examples: [1] }),
}

/** A shared subscription would take messages away from those who share it. */
function historyFilter() {
  return topicFilter().superRefine((text, context) => {
    if (!/^\$share(\/|$)/.test(text)) return
    const detail = 'a shared subscription would take messages away from others; leave "$share/group/" out'
    context.addIssue({
      code: 'custom',
      message: detail,
      params: { problem: 'TOPIC_FILTER', filter: text, detail, name: '{name}' },
    })
  })
}
