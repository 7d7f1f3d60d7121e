import { createReadStream, statSync } from 'node:fs'
import { type BacktestOptions, runBacktest } from '../backtest/backtest.ts'
import { type FileInputOptions, fileInput } from '../backtest/file-input.ts'
import type { RecordedInput } from '../backtest/recorded.ts'
import type { BacktestResult } from '../backtest/result.ts'
import type { RowOptions } from '../backtest/row-reader.ts'
import { fileReason, rulewireError, suggestion } from '../errors.ts'
import { checkFlow } from '../flow/index.ts'
import type { Plan } from '../flow/model.ts'
import type { Limits } from '../jsonata/index.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import { withoutShare } from '../spec/topics.ts'
import { openScratchTables } from '../store/scratch.ts'
import { historyInput } from './history-input.ts'

/** Where the messages are: in the history of a data directory, in a file, or in a text. */
export type MessageSource =
  | { kind: 'history'; data: string }
  | (FileSource & { kind: 'file'; path: string })
  | (FileSource & { kind: 'text'; text: string })

export type FileSource = Omit<RowOptions, 'file'> & Pick<FileInputOptions, 'format'>

/** A backtest as plain data, so that it can go to another thread. Times: UTC milliseconds. */
export interface BacktestJobData {
  document: unknown
  against?: { label: string; document: unknown } | undefined
  /** Ids of nodes that are left out, in both versions. */
  disable: readonly string[]
  source: MessageSource
  from?: number | undefined
  to?: number | undefined
  until?: number | undefined
  seed: number
  width: number
  /** Milliseconds. */
  tolerance: number
  /** Limits of expressions, where they differ from the usual ones. */
  limits?: Partial<Limits> | undefined
}

export type Pace = Pick<BacktestOptions, 'elapsed' | 'breathe' | 'progress'>
type Specs = ReadonlyMap<string, AnyNodeSpec>

/** How many stretches of time a series has, how close alarms are the same one (milliseconds), and the seed: unless they are said. */
export const backtestDefaults = { width: 1000, tolerance: 600_000, seed: 1 }

/**
 * Runs a backtest, here and now. Throws CHECK_FAILED with problems, NOT_FOUND for a node to leave out that no version has, what the
 * input throws, and what `breathe` throws.
 */
export async function doBacktest(job: BacktestJobData, specs: Specs, pace: Pace): Promise<BacktestResult> {
  const { document, against, disable, source, from, to, until, seed, width, tolerance, limits } = job
  const plan = planOf(document, disable, specs)
  const other =
    against === undefined ? undefined : { label: against.label, plan: planOf(against.document, disable, specs) }
  refuseUnknown(disable, [document, against?.document])
  const filters = filtersOf([plan, ...(other === undefined ? [] : [other.plan])])
  const input = inputOf(source, { filters, from, to })
  const opened: { close(): void }[] = []
  const tables = () => {
    const scratch = openScratchTables()
    opened.push(scratch)
    return scratch
  }
  try {
    return await runBacktest({
      plan,
      against: other,
      input,
      from,
      to,
      until,
      tables,
      seed,
      width,
      tolerance,
      limits,
      ...pace,
    })
  } finally {
    for (const scratch of opened) scratch.close()
  }
}

/** Topic filters of all sources, as MQTT has them. */
export function filtersOf(plans: readonly Plan[]): string[] {
  const subscriptions = plans.flatMap(({ nodes }) =>
    nodes.flatMap(({ spec, config }) => spec.subscribes?.(config) ?? []),
  )
  return [...new Set(subscriptions.map(({ filter }) => withoutShare(filter)))]
}

/**
 * The messages of a source. A file whose messages have no topic gets that of the filters, where there is one alone and it is a topic.
 * Throws FILE_UNREADABLE.
 */
export function inputOf(
  source: MessageSource,
  { filters, from, to }: { filters: readonly string[]; from?: number | undefined; to?: number | undefined },
): RecordedInput {
  if (source.kind === 'history') return historyInput(source.data, { filters, from, to })
  const [only, ...others] = filters
  const named = only !== undefined && others.length === 0 && !/[+#]/.test(only) ? { fallbackTopic: only } : {}
  if (source.kind === 'text') {
    const bytes = Buffer.from(source.text)
    return fileInput({ ...source, ...named, from, to, file: 'the text', bytes: bytes.length, open: () => once(bytes) })
  }
  const { path } = source
  return fileInput({
    ...source,
    ...named,
    from,
    to,
    file: path,
    bytes: sizeOf(path),
    open: () => createReadStream(path, { highWaterMark: 262_144 }),
  })
}

/** A flow that is switched off is run all the same. */
function planOf(document: unknown, disable: readonly string[], specs: Specs): Plan {
  const { plan, problems } = checkFlow(withoutNodes(document, new Set(disable)), { specs })
  if (plan !== undefined) return plan
  const errors = problems.filter(({ severity }) => severity === 'error')
  const flow = nameOf(document)
  throw rulewireError('CHECK_FAILED', { flow, count: errors.length }, { problems: errors })
}

function withoutNodes(document: unknown, left: ReadonlySet<string>): unknown {
  if (typeof document !== 'object' || document === null || !('nodes' in document) || !Array.isArray(document.nodes))
    return document
  const nodes = document.nodes.map((node: unknown) =>
    left.has(idOf(node) ?? '') ? { ...(node as object), disabled: true } : node,
  )
  return { ...document, disabled: false, nodes }
}

function refuseUnknown(disable: readonly string[], documents: readonly unknown[]): void {
  const ids = documents.flatMap((document) =>
    typeof document === 'object' && document !== null && 'nodes' in document && Array.isArray(document.nodes)
      ? document.nodes.flatMap((node: unknown) => idOf(node) ?? [])
      : [],
  )
  const unknown = disable.find((id) => !ids.includes(id))
  if (unknown === undefined) return
  const detail = `There is no node "${unknown}" to leave out${suggestion(unknown, ids)}.`
  throw rulewireError('BAD_REQUEST', {
    detail: detail.replace(/\?\.$/, '?'),
    wanted: `The nodes are: ${[...new Set(ids)].join(', ')}.`,
  })
}

function idOf(node: unknown): string | undefined {
  return typeof node === 'object' && node !== null && 'id' in node && typeof node.id === 'string' ? node.id : undefined
}

function nameOf(document: unknown): string {
  return typeof document === 'object' && document !== null && 'flow' in document ? String(document.flow) : ''
}

function sizeOf(path: string): number | null {
  try {
    const found = statSync(path)
    if (found.isDirectory()) throw new Error('it is a directory')
    return found.isFile() ? found.size : null
  } catch (cause) {
    throw rulewireError('FILE_UNREADABLE', { file: path, detail: fileReason(cause) }, { cause })
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
