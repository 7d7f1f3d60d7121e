import type { Expression } from '../../engine/node.ts'

/**
 * A topic filter for all that an expression may give as a topic: `"areas/" & payload.area` gives `areas/#`. Where nothing is
 * written in front, it is `#`.
 */
export function filterOfExpression({ compiled }: Expression): string {
  const { text, whole } = literalStart(compiled.ast)
  if (/[+#\0]/.test(text)) return '#'
  return whole ? text : `${text.slice(0, text.lastIndexOf('/') + 1)}#`
}

type Ast = Expression['compiled']['ast']

/** The text that every result starts with, and whether that is all of it. */
function literalStart(node: Ast['lhs']): { text: string; whole: boolean } {
  if (node === undefined || !('type' in node) || node.predicate !== undefined) return { text: '', whole: false }
  if (node.type === 'string' && typeof node.value === 'string') return { text: node.value, whole: true }
  if (node.type !== 'binary' || node.value !== '&') return { text: '', whole: false }
  const left = literalStart(node.lhs)
  if (!left.whole) return left
  const right = literalStart(node.rhs)
  return { text: left.text + right.text, whole: right.whole }
}
