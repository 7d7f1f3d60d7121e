import { rulewireError, suggestion } from '../errors.ts'
import type { Json, Packet } from '../spec/message.ts'
import { compileTemplate, topicFilterFault } from '../spec/topics.ts'
import { cellValue } from './cell.ts'
import { FilePacket } from './file-packet.ts'
import { timeForms, timeReader } from './time.ts'

/** How the lines of a file become messages. */
export interface RowOptions {
  /** For errors. */
  file: string
  /** Topic of the messages; `{name}` stands for the value of that column. */
  topic?: string | undefined
  /** Topic where neither `topic` nor the file says one. */
  fallbackTopic?: string | undefined
  /** Column of the time; one of {@link timeNames} unless said. */
  time?: string | undefined
  /** Zone of times that name none; UTC unless said. */
  zone?: string | undefined
  /** Fields of the payload by the column that they are taken from; `.` is the payload itself. All other columns unless said. */
  map?: Readonly<Record<string, string>> | undefined
}

/** A packet, or what is wrong with the line. */
export type RowReader<Row> = (row: Row) => Packet | string

/** What the column of the time is called, unless it is said; the first of these, because a date may stand beside a time. */
export const timeNames = ['time', 'timestamp', 'ts', 'datetime', 'date']
/** The payload itself, in a map. */
const whole = '.'
const topicName = 'topic'

/**
 * Reads rows of a CSV file. Throws INPUT_COLUMN, TOPIC_NAME, and INPUT_UNUSABLE where nothing says the topic.
 *
 * @param names of the columns
 * @param comma whether numbers are written with a comma
 */
export function csvRowReader(
  names: readonly string[],
  comma: boolean,
  options: RowOptions,
): RowReader<readonly string[]> {
  const placeOf = (column: string, what: string) => {
    const place = names.indexOf(column)
    if (place < 0) throw columnError(column, what, names, options.file)
    return place
  }
  const timeColumn = options.time ?? timeName(names)
  if (timeColumn === undefined) throw noTime(names, options.file)
  const timePlace = placeOf(timeColumn, '--time')
  const readTime = timeReader(options.zone ?? 'UTC')
  const topicPlace = options.topic === undefined ? names.indexOf(topicName) : -1
  const topicOf = topicPlace < 0 ? topicReader(names, options.topic ?? options.fallbackTopic, options.file) : undefined
  const map = Object.entries(options.map ?? defaultMap(names, [timePlace, topicPlace]))
  const fields = map.map(([field, column]) => ({ field, place: placeOf(column, '--map') }))
  const only = fields.find(({ field }) => field === whole)
  return (row) => {
    if (row.length !== names.length) return `it has ${row.length} cells instead of ${names.length}`
    const time = readTime(row[timePlace])
    if (time === undefined) return timeFault(row[timePlace])
    const topic = topicOf === undefined ? (row[topicPlace] ?? '') : topicOf((name) => row[names.indexOf(name)])
    if (typeof topic !== 'string') return topic.fault
    const fault = topicOf === undefined ? topicFault(topic) : undefined
    if (fault !== undefined) return fault
    if (only !== undefined) return new FilePacket({ topic, time }, cellValue(row[only.place] ?? '', comma) ?? '')
    const payload: [string, Json][] = []
    for (const { field, place } of fields) {
      const value = cellValue(row[place] as string, comma) // as many cells as names
      if (value !== undefined) payload.push([field, value])
    }
    // Not written field by field: a column may be called __proto__.
    return new FilePacket({ topic, time }, Object.fromEntries(payload))
  }
}

/**
 * Reads objects of JSON lines. One with `topic` and `payload` is a message as it was recorded, and may have `qos`, `retain` and
 * `props`; of any other one the object is the payload. Throws TOPIC_NAME.
 */
export function jsonRowReader(options: RowOptions): RowReader<Readonly<Record<string, Json>>> {
  const readTime = timeReader(options.zone ?? 'UTC')
  const template = options.topic === undefined ? undefined : compileTemplate(options.topic)
  const map = options.map === undefined ? undefined : Object.entries(options.map)
  return (row) => {
    const column = options.time ?? timeName(Object.keys(row))
    if (column === undefined || row[column] === undefined)
      return `it has no field ${options.time === undefined ? timeNames.map((name) => `"${name}"`).join(', ') : `"${options.time}"`} for the time`
    const time = readTime(row[column])
    if (time === undefined) return timeFault(row[column])
    const topic = template === undefined ? (row[topicName] ?? options.fallbackTopic) : filled(template, row)
    if (typeof topic === 'object' && topic !== null && 'fault' in topic) return String(topic.fault)
    if (typeof topic !== 'string') return 'it has no field "topic", and no --topic says what it is'
    const fault = topicFault(topic)
    if (fault !== undefined) return fault
    if (map !== undefined) return new FilePacket({ topic, time }, mapped(row, map))
    if (!Object.hasOwn(row, 'payload')) return new FilePacket({ topic, time }, row)
    return new FilePacket({ topic, time, ...headOf(row) }, row.payload ?? null)
  }
}

/** Which of some columns is the time, by its name. */
export function timeName(names: readonly string[]): string | undefined {
  const known = names.map((name) => name.toLowerCase())
  return names[known.indexOf(timeNames.find((name) => known.includes(name)) ?? '')]
}

function headOf({ qos, retain, props }: Readonly<Record<string, Json>>) {
  return {
    ...(qos === 0 || qos === 1 || qos === 2 ? { qos: qos as 0 | 1 | 2 } : {}),
    ...(retain === true ? { retain: true } : {}),
    // The values of properties are texts wherever something recorded them.
    ...(typeof props === 'object' && props !== null && !Array.isArray(props)
      ? { props: props as Packet['props'] }
      : {}),
  }
}

function mapped(row: Readonly<Record<string, Json>>, map: readonly (readonly [string, string])[]): Json {
  const only = map.find(([field]) => field === whole)
  if (only !== undefined) return row[only[1]] ?? ''
  return Object.fromEntries(map.flatMap(([field, column]) => (row[column] === undefined ? [] : [[field, row[column]]])))
}

function topicReader(names: readonly string[], topic: string | undefined, file: string) {
  if (topic === undefined) {
    const wanted = 'Say it with --topic, such as --topic machine/temperature; {name} in it takes the value of a column.'
    throw rulewireError('INPUT_UNUSABLE', { file, detail: 'nothing says the topic of its messages', wanted })
  }
  const template = compileTemplate(topic)
  const used = Array.from(topic.matchAll(/\{(\w+)\}/g), (match) => match[1] ?? '')
  for (const name of used) if (!names.includes(name)) throw columnError(name, '--topic', names, file)
  if (used.length === 0) return () => topic
  return (cell: (name: string) => string | undefined) =>
    filled(template, Object.fromEntries(used.map((name) => [name, cell(name)])))
}

function filled(
  template: (params: Readonly<Record<string, unknown>>) => string,
  params: Readonly<Record<string, unknown>>,
) {
  try {
    return template(params)
  } catch (thrown) {
    return { fault: thrown instanceof Error ? thrown.message.replace(/\.$/, '') : String(thrown) }
  }
}

function defaultMap(names: readonly string[], without: readonly number[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name, place) => (without.includes(place) ? [] : [[name, name]])))
}

function topicFault(topic: string): string | undefined {
  const fault = topicFilterFault(topic) ?? (/[+#{}]/.test(topic) ? 'it holds a wildcard' : undefined)
  return fault === undefined ? undefined : `its topic "${topic}" is none: ${fault}`
}

function timeFault(found: unknown): string {
  return `${JSON.stringify(found ?? '')} is no time; write ${timeForms}`
}

function noTime(names: readonly string[], file: string) {
  const detail = `none of its columns is called ${timeNames.slice(0, -1).join(', ')} or ${timeNames.at(-1)}`
  const wanted = `Say which one is the time (--time): ${names.join(', ')}. If these are no names, put a line of names on top.`
  return rulewireError('INPUT_UNUSABLE', { file, detail, wanted })
}

function columnError(column: string, what: string, names: readonly string[], file: string) {
  return rulewireError('INPUT_COLUMN', {
    file,
    column,
    what,
    columns: names.join(', '),
    suggestion: suggestion(column, names),
  })
}
