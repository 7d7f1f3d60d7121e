import { nodeOf } from '../../core/document.ts'
import { parseLink, printLink } from '../../core/link.ts'
import type { Editor } from '../state/editor.ts'
import { copyToClipboard } from './acts.ts'
import { goToNode } from './go.ts'

/** Milliseconds of quiet before the address is changed: a browser refuses to do it often. */
const quiet = 300

/**
 * Keeps the address of the page in step with what is open, so that it can be kept and sent: the flow, and the node that is chosen.
 * Goes where an address leads, at the start and when it is changed by hand. Returns how to end it.
 */
export function bindLinks(editor: Editor): () => void {
  let timer = 0
  let gone = false
  const write = () => {
    const hash = linkTo(editor)
    if (hash !== undefined && hash !== location.hash) history.replaceState(null, '', hash)
  }
  const soon = () => {
    if (gone || !arrived) return
    window.clearTimeout(timer)
    timer = window.setTimeout(write, quiet)
  }
  /** The flow of the first address may come later than the page. */
  let arrived = go(editor, location.hash)
  const endFlows = editor.flows.subscribe((state, before) => {
    if (!arrived && state.loaded) arrived = go(editor, location.hash) || state.order.length > 0
    if (state.current !== before.current) soon()
  })
  const endUi = editor.ui.subscribe((state, before) => {
    if (state.nodes !== before.nodes) soon()
  })
  const moved = () => void go(editor, location.hash)
  window.addEventListener('hashchange', moved)
  return () => {
    gone = true
    window.clearTimeout(timer)
    endFlows()
    endUi()
    window.removeEventListener('hashchange', moved)
  }
}

/** Copies the address of what is open. */
export function copyLink(editor: Editor): void {
  const hash = linkTo(editor)
  if (hash !== undefined) void copyToClipboard(editor, new URL(hash, location.href).href)
}

function linkTo(editor: Editor): string | undefined {
  const flow = editor.flows.getState().current
  if (flow === undefined) return undefined
  const { nodes } = editor.ui.getState()
  const [node] = nodes
  return printLink({ flow, node: nodes.size === 1 ? node : undefined })
}

/** Opens what an address names; true when it is there, or names nothing. */
function go(editor: Editor, hash: string): boolean {
  const link = parseLink(hash)
  if (link === undefined) return editor.flows.getState().loaded
  const open = editor.flows.getState().flows[link.flow]
  if (open === undefined) return false
  if (editor.flows.getState().current !== link.flow) editor.open(link.flow)
  const { node } = link
  const chosen = editor.ui.getState().nodes
  if (node === undefined || nodeOf(open.history.document, node) === undefined) return true
  if (chosen.size === 1 && chosen.has(node)) return true
  goToNode(editor, { flow: link.flow, node }, { focus: false, near: true })
  return true
}
