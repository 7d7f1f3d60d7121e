import { type FlowDocument, titleOf } from './document.ts'

/** Where a text was found. */
export interface Hit {
  flow: string
  flowTitle: string
  node: string
  title: string
  type: string
  /** The field that holds it, or empty when the name does. */
  field: string
  /** The text around it. */
  excerpt: string
}

/** Looks for a text in ids, titles, types and configs of flows; at most `limit` hits, in the order of the flows. */
export function search(documents: readonly FlowDocument[], wanted: string, limit = 100): Hit[] {
  const needle = wanted.trim().toLowerCase()
  const hits: Hit[] = []
  if (needle === '') return hits
  for (const document of documents) {
    for (const node of document.nodes) {
      const place = {
        flow: document.flow,
        flowTitle: document.title ?? document.flow,
        node: node.id,
        title: titleOf(node),
        type: node.type,
      }
      const names: [string, string][] = [['', `${titleOf(node)} ${node.id} ${node.type}`], ...leaves(node.config, '')]
      const found = names.find(([, text]) => text.toLowerCase().includes(needle))
      if (found) hits.push({ ...place, field: found[0], excerpt: around(found[1], needle) })
      if (hits.length >= limit) return hits
    }
  }
  return hits
}

function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]]
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path === '' ? name : `${path}.${name}`))
}

function around(text: string, needle: string): string {
  const at = text.toLowerCase().indexOf(needle)
  const begin = Math.max(0, at - 24)
  return `${begin > 0 ? '…' : ''}${text.slice(begin, at + needle.length + 40)}`
}
