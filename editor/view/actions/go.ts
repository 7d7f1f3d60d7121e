import type { CanvasApi, Editor } from '../state/editor.ts'

/** Milliseconds until the canvas of another flow is there. */
const drawn = 100

/** Chooses a node of the flow that is shown, alone, and shows its form. */
export function chooseNode(editor: Editor, node: string): void {
  editor.ui.setState({ nodes: new Set([node]), wires: new Set(), focus: node, inspector: true })
}

/** Goes to a node of any flow: opens the flow, chooses the node and brings it into view. */
export function goToNode(
  editor: Editor,
  { flow, node }: { flow: string; node: string },
  options: Parameters<CanvasApi['reveal']>[1] = { near: true },
): void {
  if (editor.flows.getState().current !== flow) editor.open(flow)
  chooseNode(editor, node)
  window.setTimeout(() => editor.canvas.current?.reveal(node, options), drawn)
}
