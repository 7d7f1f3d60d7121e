import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nodeSpecs } from '../../nodes/index.ts'
import { RulewireError, rulewireError } from '../errors.ts'
import { checkText, readFlow } from '../flow/index.ts'
import type { FlowDocument } from '../flow/model.ts'
import { readText } from './files.ts'

/** A version of a flow, as it stands in a file. */
export interface FlowFile {
  document: FlowDocument
  file: string
  text: string
}

/**
 * Reads a file, or the flow of that name in a directory. Throws FILE_UNREADABLE, and CHECK_FAILED for a text that cannot be read.
 *
 * @param flows directory of the flows
 */
export function readFlowFile(name: string, flows: string): FlowFile {
  const inFlows = join(flows, `${name}.json`)
  const file = !existsSync(name) && existsSync(inFlows) ? inFlows : name
  const text = readText(file)
  const { document, problems } = readFlow(text)
  if (document !== undefined) return { document, file, text }
  // A draft may be in a file of any name.
  const placed = problems.map((one) => ({ ...one, file }))
  throw rulewireError('CHECK_FAILED', { flow: name, count: problems.length }, { problems: placed })
}

/** The same error with file, line and column of its problems, where they are those of one of the files. */
export function withPlaces(thrown: unknown, files: readonly FlowFile[]): unknown {
  if (!(thrown instanceof RulewireError) || thrown.code !== 'CHECK_FAILED') return thrown
  const { problems: wanted } = thrown
  for (const { file, text, document } of files) {
    const { problems } = checkText(text, { specs: nodeSpecs, file })
    const placed = wanted.flatMap(({ code, at }) => problems.find((one) => one.code === code && one.at === at) ?? [])
    if (placed.length < wanted.length) continue
    const values = { flow: document.flow, count: placed.length }
    return rulewireError('CHECK_FAILED', values, { problems: placed, cause: thrown })
  }
  return thrown
}
