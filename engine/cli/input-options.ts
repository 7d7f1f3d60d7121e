import { isTimeZone, timeForms, timeReader } from '../backtest/time.ts'
import { rulewireError } from '../errors.ts'
import type { MessageSource } from '../host/backtest-run.ts'
import { parseDuration } from '../spec/fields.ts'
import { choice, type Option, OptionFault, text, texts, type Values } from './option.ts'

/** Where recorded messages come from: options that several commands share. */
export const inputOptions = {
  from: text({ value: 'TIME', fallback: undefined, help: 'Messages from then on: a time, or 7d for 7 days ago.' }),
  to: text({ value: 'TIME', fallback: undefined, help: 'Messages before then: a time, or 1h for an hour ago.' }),
  input: text({
    value: 'FILE',
    fallback: undefined,
    help: 'Messages of a CSV file or of JSON lines, instead of the history.',
  }),
  format: choice({ words: ['auto', 'csv', 'jsonl'], fallback: 'auto', help: 'What a file of messages is.' }),
  topic: text({
    value: 'TOPIC',
    fallback: undefined,
    help: 'Topic of the messages of a file; {name} takes the value of a column.',
  }),
  time: text({
    value: 'COLUMN',
    fallback: undefined,
    help: 'Column of the time in a file (time, timestamp, ts, datetime, date unless said).',
  }),
  tz: zone(),
  map: texts({
    value: 'FIELD=COLUMN',
    help: 'Fields of the payload from columns of a file; .=COLUMN is the payload itself. All columns unless said.',
    check: (entry) => {
      if (/^[^=]+=.+$/.test(entry)) return
      throw new OptionFault('that is no field and column', 'Write FIELD=COLUMN, such as celsius=value.')
    },
  }),
}

type InputValues = Values<typeof inputOptions>

/** What the options of {@link inputOptions} say. */
export interface ChosenInput {
  source: MessageSource
  from: number | undefined
  to: number | undefined
}

/**
 * Reads them together. Throws OPTION_VALUE, and BAD_REQUEST where `--from` is not before `--to`.
 *
 * @param data directory with the history
 * @param now UTC milliseconds
 */
export function chosenInput(values: InputValues, data: string, now: number): ChosenInput {
  const [from, to] = [timeOf('--from', values.from, values.tz, now), timeOf('--to', values.to, values.tz, now)]
  if (from !== undefined && to !== undefined && from >= to) {
    const detail = `--from ${values.from} is not before --to ${values.to}.`
    throw rulewireError('BAD_REQUEST', { detail, wanted: 'Write the earlier time as --from.' })
  }
  return { source: sourceOf(values, data), from, to }
}

function sourceOf({ input, format, topic, time, tz, map }: InputValues, data: string): MessageSource {
  if (input === undefined) return { kind: 'history', data }
  const fields = map.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)])
  return {
    kind: 'file',
    path: input,
    format: format === 'auto' ? undefined : format,
    topic,
    time,
    zone: tz,
    map: fields.length === 0 ? undefined : Object.fromEntries(fields),
  }
}

function timeOf(option: string, found: string | undefined, tz: string, now: number): number | undefined {
  if (found === undefined) return undefined
  const ago = parseDuration(found)
  const time = ago === undefined ? timeReader(tz)(found) : now - ago
  if (time !== undefined) return time
  throw rulewireError('OPTION_VALUE', {
    option,
    found,
    detail: 'that is no time',
    wanted: `Write ${timeForms}, or 7d for seven days ago.`,
  })
}

function zone(): Option<string> {
  return {
    value: 'ZONE',
    help: 'Time zone of times that name none.',
    fallback: 'UTC',
    shown: 'UTC',
    many: false,
    read: (given) => {
      const name = given.at(-1) ?? ''
      if (isTimeZone(name)) return name
      throw new OptionFault('there is no such time zone', 'Write one such as UTC or Europe/Paris.')
    },
  }
}
