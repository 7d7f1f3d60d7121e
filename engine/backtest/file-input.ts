import { createInterface } from 'node:readline'
import { pipeline, Readable } from 'node:stream'
import { type Info, parse } from 'csv-parse'
import { reasonOf, rulewireError } from '../errors.ts'
import type { Json, Packet } from '../spec/message.ts'
import { otherThanText } from './file-kind.ts'
import type { RecordedInput } from './recorded.ts'
import { csvRowReader, jsonRowReader, type RowOptions } from './row-reader.ts'

export interface FileInputOptions extends RowOptions {
  /** The bytes from the beginning, each time. */
  open(): AsyncIterable<Uint8Array>
  /** How many there are; null when nobody knows. */
  bytes: number | null
  /** Told by the first sign unless said: `{` begins JSON lines. */
  format?: 'csv' | 'jsonl' | undefined
  /** The time that is asked for, UTC milliseconds, `to` not included: a file without any message in it is told. All come nevertheless. */
  from?: number | undefined
  to?: number | undefined
}

/** Messages of a piece, and lines that are reported one by one. */
const pieceLength = 1000
const shownBad = 20
/** Characters of one row; a quote that is never closed would take the whole file for one cell. */
const longestRow = 1_000_000

/**
 * Messages in a CSV file, whose first line has the names of the columns, or in JSON lines. Reads it as a stream. Lines that cannot be
 * used are counted. Iterating throws INPUT_UNUSABLE when no line can be used or lies in the time, INPUT_COLUMN and TOPIC_NAME when the options do not
 * fit the file, and what `open` throws.
 */
export function fileInput(options: FileInputOptions): RecordedInput {
  let reading = new Reading(options)
  return {
    pieces() {
      reading = new Reading(options)
      return reading.pieces()
    },
    total: () => null,
    done: () => reading.done,
    badLines: () => ({ count: reading.bad, first: reading.firstBad }),
  }
}

class Reading {
  bad = 0
  readonly firstBad: { line: number; text: string }[] = []
  readonly #options: FileInputOptions
  #bytes = 0
  #good = 0
  /** Messages in the time, and the times of all. */
  #inTime = 0
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY
  #piece: Packet[] = []

  constructor(options: FileInputOptions) {
    this.#options = options
  }

  get done(): number | null {
    const { bytes } = this.#options
    return bytes === null || bytes === 0 ? null : Math.min(1, this.#bytes / bytes)
  }

  async *pieces(): AsyncGenerator<readonly Packet[]> {
    const { iterable, head, start } = await peek(this.#counted())
    const { file } = this.#options
    const other = otherThanText(head)
    if (other !== undefined) throw rulewireError('INPUT_UNUSABLE', { file, ...other })
    const { format = formatOf(start, file) } = this.#options
    yield* format === 'csv' ? this.#csv(iterable, start) : this.#lines(iterable)
    if (this.#piece.length > 0) yield this.#take()
    if (this.#inTime > 0) return
    if (this.#good > 0) throw outOfTime(file, this.#first, this.#last)
    const [first] = this.firstBad
    const detail = first === undefined ? 'it has no lines with values' : `line ${first.line}: ${first.text}`
    const wanted = 'The first line of a CSV file names its columns; JSON lines have one object a line.'
    throw rulewireError('INPUT_UNUSABLE', { file, detail, wanted })
  }

  async *#csv(iterable: AsyncIterable<Uint8Array>, start: string): AsyncGenerator<readonly Packet[]> {
    const delimiter = delimiterOf(start)
    const parser = parse({
      delimiter,
      bom: true,
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: longestRow,
      skip_records_with_error: true,
      on_skip: (error) => {
        this.#refuse(Number(error?.lines ?? 0), reasonOf(error))
        return undefined
      },
    })
    let read: ReturnType<typeof csvRowReader> | undefined
    for await (const entry of through(iterable, parser)) {
      const { record, info } = entry as { record: string[]; info: Info } // what "info" makes of each row
      if (read === undefined) {
        const names = record.map((name) => name.trim())
        read = csvRowReader(names, delimiter === ';', this.#options)
      } else this.#add(read(record), info.lines)
      if (this.#piece.length >= pieceLength) yield this.#take()
    }
  }

  async *#lines(iterable: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Packet[]> {
    const read = jsonRowReader(this.#options)
    let line = 0
    for await (const text of createInterface({ input: Readable.from(iterable), crlfDelay: Number.POSITIVE_INFINITY })) {
      line++
      if (text.trim() === '') continue
      this.#add(readObject(line === 1 ? text.replace(/^\uFEFF/, '') : text, read), line)
      if (this.#piece.length >= pieceLength) yield this.#take()
    }
  }

  #add(found: Packet | string, line: number): void {
    if (typeof found === 'string') {
      this.#refuse(line, found)
      return
    }
    this.#good++
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = this.#options
    const { received } = found
    if (received >= from && received < to) this.#inTime++
    if (received < this.#first) this.#first = received
    if (received > this.#last) this.#last = received
    this.#piece.push(found)
  }

  #refuse(line: number, text: string): void {
    this.bad++
    if (this.firstBad.length < shownBad) this.firstBad.push({ line, text })
  }

  #take(): readonly Packet[] {
    const piece = this.#piece
    this.#piece = []
    return piece
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#options.open()) {
      this.#bytes += chunk.length
      yield chunk
    }
  }
}

function readObject(text: string, read: (row: Readonly<Record<string, Json>>) => Packet | string): Packet | string {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (thrown) {
    return `it is not JSON: ${reasonOf(thrown)}`
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no JSON object'
  return read(value as Readonly<Record<string, Json>>) // an object, as was just seen
}

/** The first bytes, the start of the text, and all of it. */
async function peek(source: AsyncGenerator<Uint8Array>) {
  const first = await source.next()
  const head: Uint8Array = first.done === true ? new Uint8Array() : first.value
  async function* all(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head
    yield* source
  }
  const start = new TextDecoder().decode(head.subarray(0, 65_536)).replace(/^\uFEFF/, '')
  return { iterable: all(), head, start }
}

function formatOf(start: string, file: string): 'csv' | 'jsonl' {
  const sign = start.trimStart()[0]
  if (sign !== '[') return sign === '{' ? 'jsonl' : 'csv'
  const wanted = 'Write one JSON object a line, without brackets around them and commas between them.'
  throw rulewireError('INPUT_UNUSABLE', { file, detail: 'it is one JSON array', wanted })
}

function outOfTime(file: string, first: number, last: number) {
  const [from, to] = [first, last].map((time) => new Date(time).toISOString())
  const detail = 'none of its messages lies in the time that is asked for'
  return rulewireError('INPUT_UNUSABLE', { file, detail, wanted: `They are from ${from} to ${to}.` })
}

/** The sign that stands most often in the line of names, besides what is quoted. */
function delimiterOf(start: string): string {
  const names = (start.split(/\r?\n|\r/, 1)[0] ?? '').replace(/"[^"]*"/g, '')
  const counts = [',', ';', '\t', '|'].map((sign) => ({ sign, count: names.split(sign).length }))
  return counts.reduce((best, one) => (one.count > best.count ? one : best)).sign
}

/** Errors of the source come out at the other end. */
function through(source: AsyncIterable<Uint8Array>, parser: ReturnType<typeof parse>): AsyncIterable<unknown> {
  return pipeline(Readable.from(source), parser, () => undefined)
}
