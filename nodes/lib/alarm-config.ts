import { duration, expression, z } from '../../engine/node.ts'
import type { ActiveTimes, AlarmRules, LevelRules } from './alarm-state.ts'
import { canClear, type Limit, limitForms, parseLimit } from './limit.ts'
import { compileSchedule, cronFault, isTimeZone } from './schedule.ts'

/** The name of the level of an alarm that is written in the short form. */
export const onlyLevel = 'alarm'

/** A duration that has some length. */
const longer = (least: number, message: string) => duration().refine((milliseconds) => milliseconds >= least, message)

const raiseField = () =>
  z
    .string()
    .transform((text, context): Limit => {
      const limit = parseLimit(text)
      if (limit !== undefined) return limit
      context.addIssue({ code: 'custom', message: `"${text}" is not a limit; write ${limitForms}` })
      return z.NEVER
    })
    .meta({
      title: 'Raise',
      description: `The alarm is raised when the value is: ${limitForms}.`,
      examples: ['> 8', '<= 2', 'outside 2..8'],
      format: 'limit',
    })

const levelFields = () => ({
  deadband: z
    .number()
    .min(0)
    .default(0)
    .meta({
      title: 'Deadband',
      description: 'How far the value must be back before the alarm can clear.',
      examples: [1],
    }),
  onDelay: duration()
    .prefault('0s')
    .meta({ title: 'On-delay', description: 'How long it must last before the alarm is raised.', examples: ['5m'] }),
  offDelay: duration()
    .prefault('0s')
    .meta({ title: 'Off-delay', description: 'How long it must be back before the alarm clears.', examples: ['1m'] }),
})

const levelShape = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, 'use 1 to 32 of a-z, 0-9 and "-"')
      .meta({ title: 'Level', description: 'Its name in events.', examples: ['warn', 'crit'] }),
    raise: raiseField(),
    ...levelFields(),
  })
  .refine(({ raise, deadband }) => canClear(raise, deadband), {
    message: 'the deadband is half the range or more, so the alarm could never clear; make it smaller',
    path: ['deadband'],
  })

const fields = z.strictObject({
  key: expression()
    .optional()
    .meta({
      title: 'Key',
      description: 'JSONata: each key has an alarm of its own. Without it: the key of the message, which is its topic.',
      examples: ['params.fridge', 'payload.serial'],
    }),
  value: expression('number')
    .optional()
    .meta({
      title: 'Value',
      description: 'JSONata for the number to watch. Without it: the payload.',
      examples: ['payload.temperature'],
    }),
  time: expression()
    .optional()
    .meta({
      title: 'Time',
      description:
        'JSONata for when it was measured: UTC milliseconds or ISO 8601. Without it: the time of the message.',
      examples: ['payload.ts'],
    }),
  raise: raiseField().optional(),
  ...levelFields(),
  levels: z
    .array(levelShape)
    .min(1)
    .max(8)
    .optional()
    .meta({
      title: 'Levels',
      description: 'Several levels instead of "Raise", the lowest first. Each has a deadband and delays of its own.',
      examples: [
        [
          { id: 'warn', raise: '> 70', deadband: 5, onDelay: '5m' },
          { id: 'crit', raise: '> 90', deadband: 5, onDelay: '10s' },
        ],
      ],
    }),
  minSamples: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .meta({ title: 'Samples', description: 'Values beyond the limit in a row, at least.', examples: [2] }),
  maxGap: longer(1, 'any two values would be too far apart; write 2m, for example')
    .optional()
    .meta({
      title: 'Longest gap',
      description: 'A longer silence while the on-delay runs begins it anew.',
      examples: ['2m'],
    }),
  count: z
    .strictObject({
      n: z
        .int()
        .min(1)
        .max(100)
        .meta({ title: 'Values', description: 'So many.', examples: [3] }),
      within: longer(1, 'nothing lies within it; write 10m, for example').meta({
        title: 'Within',
        description: 'Measured within this time.',
        examples: ['10m'],
      }),
    })
    .optional()
    .meta({
      title: 'Count',
      description: 'Raised only when so many values beyond the limit came within a time, in a row or not.',
      examples: [{ n: 3, within: '10m' }],
    }),
  noData: z
    .strictObject({
      after: longer(1000, 'it must be a second or longer; write 15m, for example').meta({
        title: 'After',
        description: 'Silence of this length.',
        examples: ['15m'],
      }),
      do: z
        .enum(['separate-alarm', 'state-only'])
        .default('separate-alarm')
        .meta({
          title: 'Do',
          description: 'Tell people (DATA_STALE), or only show it.',
          examples: ['separate-alarm', 'state-only'],
        }),
    })
    .optional()
    .meta({
      title: 'No data',
      description: 'What to do when a key falls silent. A real alarm is never cleared by silence.',
      examples: [{ after: '15m', do: 'separate-alarm' }],
    }),
  onError: z
    .enum(['error-port', 'separate-alarm'])
    .default('error-port')
    .meta({
      title: 'On errors',
      description: 'Where a message goes whose value is no number: to the port error, or DATA_BAD tells of it.',
      examples: ['error-port', 'separate-alarm'],
    }),
  requireAck: z
    .boolean()
    .default(false)
    .meta({
      title: 'Must be acknowledged',
      description: 'An alarm that has cleared stays on the list until a person acknowledges it.',
      examples: [true],
    }),
  latch: z
    .boolean()
    .default(false)
    .meta({ title: 'Latch', description: 'It stays until a person resets it.', examples: [true] }),
  remind: z
    .strictObject({
      every: longer(1000, 'it must be a second or longer').meta({
        title: 'Every',
        description: 'Time between two reminders.',
        examples: ['30m'],
      }),
      max: z
        .int()
        .min(1)
        .max(1000)
        .default(5)
        .meta({ title: 'At most', description: 'So many.', examples: [5] }),
    })
    .optional()
    .meta({
      title: 'Remind',
      description: 'Tells again while it is active and nobody has acknowledged it.',
      examples: [{ every: '30m', max: 5 }],
    }),
  shelve: z
    .strictObject({
      max: longer(1, 'it could never be shelved; write 8h, for example')
        .prefault('8h')
        .meta({ title: 'At most', description: 'A longer shelving is refused.', examples: ['8h'] }),
    })
    .prefault({})
    .meta({ title: 'Shelve', description: 'How long people may hide it.', examples: [{ max: '8h' }] }),
  activeWhen: z
    .strictObject({
      cron: z
        .string()
        .superRefine((text, context) => {
          const fault = cronFault(text)
          if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
        })
        .optional()
        .meta({
          title: 'Cron',
          description: 'The minutes in which people are told: minute, hour, day, month, weekday.',
          examples: ['* 8-18 * * 1-5'],
          format: 'cron',
        }),
      tz: z
        .string()
        .refine(isTimeZone, 'there is no such time zone; write one such as UTC or Europe/Paris')
        .default('UTC')
        .meta({ title: 'Time zone', description: 'For cron.', examples: ['Europe/Paris'], format: 'time-zone' }),
      when: expression('boolean')
        .optional()
        .meta({
          title: 'When',
          description: 'JSONata on each value: people are told while it is true.',
          examples: ['payload.running'],
        }),
    })
    .refine(({ cron, when }) => cron !== undefined || when !== undefined, {
      message: 'neither "cron" nor "when" is there; give at least one of them',
      path: ['cron'],
    })
    .optional()
    .meta({
      title: 'Active when',
      description: 'Outside of it nobody is told; what still holds is told when it begins.',
      examples: [{ cron: '* 8-18 * * 1-5', tz: 'Europe/Paris' }],
    }),
  flap: z
    .strictObject({
      n: z
        .int()
        .min(2)
        .max(100)
        .meta({ title: 'Times', description: 'So many.', examples: [3] }),
      within: longer(1, 'nothing lies within it; write 1m, for example').meta({
        title: 'Within',
        description: 'In this time.',
        examples: ['1m'],
      }),
      quiet: longer(1, 'it would be quiet at once; write 5m, for example').meta({
        title: 'Quiet',
        description: 'It has calmed down after this time.',
        examples: ['5m'],
      }),
    })
    .optional()
    .meta({
      title: 'Flapping',
      description: 'Raised or back so often: CHATTERING is told once, then nothing until it is quiet.',
      examples: [{ n: 3, within: '1m', quiet: '5m' }],
    }),
  retained: z
    .enum(['state-only', 'notify'])
    .default('state-only')
    .meta({
      title: 'Retained messages',
      description: 'They may be old: they set the state and nobody is told, or they count as any other.',
      examples: ['state-only', 'notify'],
    }),
  late: z
    .enum(['record', 'ignore'])
    .default('record')
    .meta({
      title: 'Late values',
      description: 'Measured before the latest one, they change nothing; shown among the last inputs, or not.',
      examples: ['record', 'ignore'],
    }),
  onRestart: z
    .enum(['confirm', 'continue'])
    .default('confirm')
    .meta({
      title: 'After a start',
      description: 'A delay that runs ends after a fresh value that still asks for it, or just goes on.',
      examples: ['confirm', 'continue'],
    }),
  onConfigChange: z
    .enum(['keep', 'reset'])
    .default('keep')
    .meta({
      title: 'After a change',
      description: 'With other limits or delays, an alarm goes on where it stood, or begins anew.',
      examples: ['keep', 'reset'],
    }),
})

/** The config of the alarm node. */
export const alarmConfig = fields.superRefine(({ raise, levels, deadband, onDelay, offDelay }, context) => {
  const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  if (raise === undefined && levels === undefined) {
    issue('raise', 'neither "raise" nor "levels" is there; give one of them')
  } else if (raise !== undefined && levels !== undefined) {
    issue('raise', '"raise" and "levels" are both there; keep one of them')
  }
  if (raise !== undefined && !canClear(raise, deadband)) {
    issue('deadband', 'the deadband is half the range or more, so the alarm could never clear; make it smaller')
  }
  for (const [name, value] of Object.entries({ deadband, onDelay, offDelay })) {
    if (levels !== undefined && value !== 0)
      issue(name, 'beside "levels" it holds for none of them; leave it out, or write it in each level')
  }
  const hidden = hiddenLevel(levels ?? [])
  if (hidden !== undefined) issue('levels', hidden)
  const ids = levels?.map(({ id }) => id) ?? []
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) issue('levels', `the level "${twice}" stands twice; give each a name of its own`)
})

/** A level that one after it always hides, because that is raised earlier: the order is the wrong way round. */
function hiddenLevel(levels: readonly LevelConfig[]): string | undefined {
  for (const [index, high] of levels.entries()) {
    const low = levels.slice(0, index).find((one) => one.onDelay >= high.onDelay && reaches(high.raise, one.raise))
    if (low === undefined) continue
    return `"${low.id}" could never be seen: "${high.id}" stands after it, so it is worse, and is raised before it; write the lowest level first`
  }
  return undefined
}

/** Whether the first of two limits is passed strictly before the second. */
function reaches(first: Limit, second: Limit): boolean {
  if (!('limit' in first && 'limit' in second) || first.kind !== second.kind) return false
  return first.kind === 'above' ? first.limit < second.limit : first.limit > second.limit
}

type LevelConfig = z.output<typeof levelShape>

export type AlarmConfig = z.output<typeof alarmConfig>

/** The part of the config that the machine knows; the expressions are the node's. */
type RuleConfig = Pick<AlarmConfig, Exclude<keyof AlarmConfig, 'key' | 'value' | 'time' | 'activeWhen' | 'onError'>> & {
  activeWhen?: { cron?: string | undefined; tz: string } | undefined
}

/** The rules of the machine. */
export function rulesOf(config: RuleConfig): AlarmRules {
  const { minSamples, maxGap = null, count = null, noData, remind = null, flap = null, activeWhen } = config
  const levels = levelsOf(config)
  return {
    levels,
    minSamples,
    maxGap,
    count,
    noData: noData === undefined ? null : { after: noData.after, tell: noData.do === 'separate-alarm' },
    requireAck: config.requireAck,
    latch: config.latch,
    remind,
    shelveMax: config.shelve.max,
    schedule: activeWhen?.cron === undefined ? null : activeTimes(activeWhen.cron, activeWhen.tz),
    flap,
    tellRetained: config.retained === 'notify',
    keepLate: config.late === 'record',
    confirm: config.onRestart === 'confirm',
    fingerprint: config.onConfigChange === 'reset' ? JSON.stringify({ levels, minSamples, maxGap, count }) : undefined,
  }
}

function levelsOf({ raise, levels, deadband, onDelay, offDelay }: RuleConfig): LevelRules[] {
  if (levels !== undefined) return levels.map(({ raise: limit, ...level }) => ({ ...level, limit }))
  return raise === undefined ? [] : [{ id: onlyLevel, limit: raise, deadband, onDelay, offDelay }]
}

/** The minutes that a cron pattern names, or with six parts the seconds. */
function activeTimes(pattern: string, timeZone: string): ActiveTimes {
  const next = compileSchedule({ kind: 'cron', pattern, timeZone })
  const unit = pattern.trim().split(/\s+/).length === 6 ? 1000 : 60_000
  // Asked for with each value while something is kept back, so the answer for the minute is remembered: it costs 0.2 ms.
  let known = { start: Number.NaN, active: false }
  const isActive = (time: number) => {
    const start = Math.floor(time / unit) * unit
    if (start !== known.start) known = { start, active: next(start - 1, 0) === start }
    return known.active
  }
  let later = { from: Number.NaN, at: undefined as number | undefined }
  const nextActive = (time: number) => {
    if (isActive(time)) return time
    // Nothing lies between the time that was asked for and its answer.
    const isKnown = time >= later.from && (later.at === undefined || time < later.at)
    if (!isKnown) later = { from: time, at: next(time, 0) }
    return later.at
  }
  return { isActive, nextActive }
}
