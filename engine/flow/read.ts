import type { Problem } from '../errors.ts'
import { checkShape } from './document.ts'
import { readJsonText, type TextPlace } from './jsontext.ts'
import type { FlowDocument } from './model.ts'

export interface ReadFlow {
  /** There when the text is JSON and its shape is that of a flow throughout. */
  document?: FlowDocument
  problems: Problem[]
  /** Line and column, counted from 1, of a path such as `nodes[2].config.when`; of what is nearest when it is not there. */
  locate(at: string): TextPlace | undefined
}

/**
 * Reads the text of a flow file: JSON, fields, ids, doubles and limits, all problems at once. What the nodes' configs hold
 * is not looked at; `checkText` does both.
 *
 * @param file its name, for the problems and to compare with the flow's id
 */
export function readFlow(text: string, file?: string): ReadFlow {
  const json = readJsonText(text)
  const own = file === undefined ? json.problems : json.problems.map((found) => ({ ...found, file }))
  if (json.value === undefined) return { problems: own, locate: json.locate }
  const shape = checkShape(json.value, file)
  const problems = [...own, ...placed(shape.problems, json.locate, file)]
  const sound = shape.document !== undefined && json.problems.length === 0
  return { ...(sound ? { document: shape.document } : {}), problems, locate: json.locate }
}

/** The problems with line, column and file. */
export function placed(
  problems: readonly Problem[],
  locate: (at: string) => TextPlace | undefined,
  file: string | undefined,
): Problem[] {
  return problems.map((found) => ({
    ...found,
    ...(found.line === undefined && found.at !== undefined ? locate(found.at) : {}),
    ...(file === undefined ? {} : { file }),
  }))
}
