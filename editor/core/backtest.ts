import type { NodeTypeDescription } from '../../engine/server/protocol.ts'
import type {
  AlarmSpan,
  BacktestComparison,
  BacktestResult,
  BacktestWire,
} from '../../engine/server/protocol-backtest.ts'
import { type FlowDocument, parseEnd } from './document.ts'
import { fieldsOf } from './form.ts'
import { getAt, isObject } from './path.ts'
import { parsedJson } from './samples.ts'

/** What a file of recorded messages holds, as far as its beginning tells. */
export interface FileShape {
  format: 'csv' | 'jsonl'
  columns: readonly string[]
  /** The column that looks like the time. */
  time: string | undefined
  /** Whether the rows say their topic. */
  topics: boolean
}

/** The first of these, as the engine looks for it. */
const timeNames = ['time', 'timestamp', 'ts', 'datetime', 'date']

/** Looks at the first line of a file: CSV with names, or one JSON object a line. */
export function fileShape(text: string): FileShape {
  const line = text.slice(0, 10_000).split(/\r?\n/, 1)[0] ?? ''
  const first = line.startsWith('{') ? parsedJson(line) : undefined
  const columns = isObject(first) ? Object.keys(first) : cells(line)
  return {
    format: line.startsWith('{') ? 'jsonl' : 'csv',
    columns,
    time: timeNames.flatMap((time) => columns.find((name) => name.toLowerCase() === time) ?? [])[0],
    topics: columns.includes('topic'),
  }
}

/** Names of a line of CSV, by the sign that parts most of them. */
function cells(line: string): string[] {
  const unquoted = line.replace(/"[^"]*"/g, '')
  const signs = [',', ';', '\t', '|'].sort((a, b) => unquoted.split(b).length - unquoted.split(a).length)
  return line
    .split(signs[0] ?? ',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
    .filter((name) => name !== '')
}

/** Topic filters of the nodes of a flow that take topics, each once. */
export function topicsOfFlow(document: FlowDocument, specs: ReadonlyMap<string, NodeTypeDescription>): string[] {
  const found = document.nodes.flatMap((node) => filtersOf(node, specs))
  return [...new Set(found)]
}

function filtersOf(node: FlowDocument['nodes'][number], specs: ReadonlyMap<string, NodeTypeDescription>): string[] {
  const spec = specs.get(node.type)
  if (spec === undefined || node.disabled || spec.inputs.length > 0) return []
  return fieldsOf(spec.config).flatMap((field) => {
    const value = field.kind === 'topic' ? getAt(node.config, field.path) : undefined
    return typeof value === 'string' && value !== '' ? [value] : []
  })
}

/** A node whose value can be judged: what the adviser begins with. */
export interface AlarmNode {
  id: string
  title: string
  topic: string
  value: string
  key: string
  /** Whether its messages come straight from a topic: then its expressions hold for what devices send. */
  direct: boolean
}

/** Nodes with alarms, with the topic and expressions to ask the adviser about. */
export function alarmNodes(document: FlowDocument, specs: ReadonlyMap<string, NodeTypeDescription>): AlarmNode[] {
  return document.nodes.flatMap((node) => {
    if (specs.get(node.type)?.alarms !== true || !('raise' in node.config || 'value' in node.config)) return []
    const before = document.wires.flatMap((wire) =>
      parseEnd(wire.to).node === node.id ? [parseEnd(wire.from).node] : [],
    )
    const own = document.nodes.filter(({ id }) => before.includes(id)).flatMap((one) => filtersOf(one, specs))
    const text = (value: unknown) => (typeof value === 'string' ? value : '')
    const { value, key } = node.config
    return [
      {
        id: node.id,
        title: node.title ?? node.id,
        topic: own[0] ?? topicsOfFlow(document, specs)[0] ?? '',
        value: own.length > 0 ? text(value) : '',
        key: own.length > 0 ? text(key) : '',
        direct: own.length > 0,
      },
    ]
  })
}

/** How many messages went over each wire (`from>to`), and in the version that it is compared with. */
export function wireCounts(
  wires: readonly BacktestWire[],
  other: readonly BacktestWire[] | undefined,
): Map<string, { count: number; other?: number }> {
  const before = new Map(other?.map((wire) => [`${wire.from}>${wire.to}`, wire.messages]))
  return new Map(
    wires.map(({ from, to, messages }) => {
      const known = before.get(`${from}>${to}`)
      return [`${from}>${to}`, { count: messages, ...(known === undefined ? {} : { other: known }) }]
    }),
  )
}

/** Spans of one key of a node. */
export function spansOf(spans: readonly AlarmSpan[], series: { node: string; key: string }): AlarmSpan[] {
  return spans.filter(({ node, key }) => node === series.node && key === series.key)
}

/** Points of a chart: seconds, and the lowest and highest value of each stretch; a stretch without a value breaks the line. */
export function chartPoints(series: {
  time: readonly number[]
  least: readonly number[]
  most: readonly number[]
  width: number
}): [number[], (number | null)[], (number | null)[]] {
  const times: number[] = []
  const least: (number | null)[] = []
  const most: (number | null)[] = []
  let last = Number.NEGATIVE_INFINITY
  // Devices that send seldom leave stretches empty; only a long silence is a gap.
  const gap = Math.max(series.width, typicalStep(series.time)) * 5
  for (const [index, time] of series.time.entries()) {
    if (time - last > gap && index > 0) {
      times.push((last + series.width) / 1000)
      least.push(null)
      most.push(null)
    }
    times.push(time / 1000)
    least.push(series.least[index] ?? null)
    most.push(series.most[index] ?? null)
    last = time
  }
  return [times, least, most]
}

function typicalStep(times: readonly number[]): number {
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time))
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0
}

/** How long something lasted, for people: `45s`, `5m`, `2h 10m`, `3d 4h`. */
export function lastedText(milliseconds: number): string {
  let rest = Math.max(0, Math.round(milliseconds / 1000))
  const parts: string[] = []
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
    if (parts.length === 2) break
  }
  return parts.length === 0 ? '0s' : parts.join(' ')
}

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
]

/** A time as a field for a local time has it, to the second; empty where there is none. */
export function localTimeText(time: number | undefined): string {
  if (time === undefined) return ''
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

/** The UTC milliseconds of such a field; undefined while there is no whole time in it. */
export function readLocalTime(text: string): number | undefined {
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

/** A number for people: at most four digits behind the point, or four digits of a small one. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  return String(Math.abs(value) < 1 ? Number(value.toPrecision(4)) : Math.round(value * 10_000) / 10_000)
}

/** The nodes and keys that a result has something to show of. */
export function seriesNames(result: BacktestResult): { node: string; key: string; title: string }[] {
  return result.series.map(({ node, key, title }) => ({ node, key, title }))
}

/** How many alarms are new, gone and moved against another version, in all. */
export function differenceCount(against: BacktestComparison | undefined): number {
  return against === undefined ? 0 : against.counts.new + against.counts.gone + against.counts.moved
}
