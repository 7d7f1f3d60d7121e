import { z } from 'zod'
import { duration } from '../spec/fields.ts'
import type { FlowDocument } from './model.ts'

/** When a fresh deploy of a flow is taken back by itself. */
export interface PlannedGuard {
  /** Failed messages that are still all right: a share of the messages that came in (0 to 1), or a number. */
  readonly errors: { readonly kind: 'share' | 'count'; readonly limit: number }
  /** How long a deploy is watched, milliseconds. */
  readonly within: number
  /** Messages that must have come in before a share is judged. */
  readonly min: number
}

const percentShape = /^(\d{1,3}(?:\.\d+)?)%$/

const errorLimit = () =>
  z
    .union([z.string(), z.number()])
    .transform((written, context): PlannedGuard['errors'] => {
      if (typeof written === 'number') {
        if (Number.isInteger(written) && written >= 0 && written <= 1_000_000_000) {
          return { kind: 'count', limit: written }
        }
      } else {
        const percent = Number(percentShape.exec(written)?.[1] ?? Number.NaN)
        if (percent <= 100) return { kind: 'share', limit: percent / 100 }
      }
      const message = `${JSON.stringify(written)} is no limit; write a share such as "5%" or a number such as 20`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })
    .meta({
      title: 'Errors',
      description:
        'More failed messages than this take the deploy back: a share of the messages that came in, or a number.',
      examples: ['5%', 20],
    })

/** The field `guard` of a flow. */
export const guardSchema = z.strictObject({
  errors: errorLimit(),
  within: duration()
    .refine((time) => time >= 1000 && time <= 86_400_000, 'write a duration from 1s to 1d')
    .default(300_000)
    .meta({ title: 'Within', description: 'How long a deploy is watched. 5m unless said.', examples: ['2m'] }),
  min: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(20)
    .meta({
      title: 'At least',
      description: 'A share is judged only when so many messages have come in. 20 unless said.',
      examples: [50],
    }),
})

/** The guard of a flow whose check found no error; undefined when it has none. */
export function planGuard({ guard }: FlowDocument): PlannedGuard | undefined {
  return guard === undefined ? undefined : guardSchema.safeParse(guard).data
}
