import {
  Background,
  BackgroundVariant,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
  useStoreApi,
} from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { type PointerEvent, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { moveNodes } from '../../core/commands.ts'
import { type FlowDocument, type Point, parseWireId } from '../../core/document.ts'
import { type Box, firstBox, nodeHeight, nodeWidth } from '../../core/geometry.ts'
import { withContents } from '../../core/notes.ts'
import { insertExisting } from '../actions/place.ts'
import { useEditor, useText, useUi } from '../context.ts'
import { focusForm } from '../forms/focus.ts'
import { lazyPart } from '../parts/lazyPart.tsx'
import { useReadOnly } from '../people/may.ts'
import styles from './Canvas.module.css'
import { CanvasFloats } from './CanvasFloats.tsx'
import { markWire, wireUnder } from './dropTarget.ts'
import type { CanvasNode, CanvasWire } from './mapping.ts'
import { boxesOf } from './mapping.ts'
import { NodeView } from './NodeView.tsx'
import { NoteView } from './NoteView.tsx'
import { useCanvasKeys } from './useCanvasKeys.ts'
import { useDrop } from './useDrop.ts'
import { useGraph } from './useGraph.ts'
import { useKeepMiddle } from './useKeepMiddle.ts'
import { useWiring } from './useWiring.ts'
import { WireCard } from './WireCard.tsx'
import { WireView } from './WireView.tsx'

const Minimap = lazyPart(
  () => import('./Minimap.tsx'),
  () => null,
)

const nodeTypes = { node: NodeView, note: NoteView }
const edgeTypes = { wire: WireView }
const nothingDragged: ReadonlyMap<string, Point> = new Map()
/** Of a flow with more nodes than this, a part that can be read is shown first. */
const manyNodes = 300
/** Below this zoom labels are hidden. */
const farZoom = 0.35

/** The canvas of the current flow. */
export function Canvas() {
  return (
    <ReactFlowProvider>
      <Graph />
    </ReactFlowProvider>
  )
}

function Graph() {
  const editor = useEditor()
  const t = useText()
  const [dragged, setDragged] = useState(nothingDragged)
  const { flow, document, nodes, wires, ports } = useGraph(dragged)
  const viewport = useUi((state) => state.viewports[flow])
  const api = useReactFlow<CanvasNode, CanvasWire>()
  const store = useStoreApi()
  const frame = useRef<HTMLDivElement>(null)
  const boxes = useMemo(() => boxesOf(document, ports), [document, ports])
  useCanvasApi(frame, boxes)
  useKeepMiddle(frame)
  const wiring = useWiring()
  const drop = useDrop()
  const onKeyDown = useCanvasKeys(boxes)
  const readOnly = useReadOnly()
  const minimap = useUi((state) => state.minimap)

  // Another flow: back to where one was in it, or all of it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another flow moves the view, not another view
  useEffect(() => {
    const { height = 0, ...view } = viewport ?? { x: 0, y: 0, zoom: 1 }
    const gained = height === 0 ? 0 : (frame.current?.clientHeight ?? height) - height
    if (viewport) void api.setViewport({ ...view, y: view.y + gained / 2 })
    else
      requestAnimationFrame(
        () => void api.fitView({ padding: 0.15, maxZoom: 1, minZoom: boxes.size > manyNodes ? 0.6 : 0.1 }),
      )
  }, [flow])

  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      const places = changes.flatMap((change) =>
        change.type === 'position' && change.dragging && change.position ? [[change.id, change.position] as const] : [],
      )
      if (places.length > 0) setDragged((before) => new Map([...before, ...carried(places, document, boxes)]))
      const chosen = changes.filter((change) => change.type === 'select')
      if (chosen.length > 0) {
        editor.ui.setState((state) => ({ nodes: changedSet(state.nodes, chosen), ...focusOf(chosen, state.focus) }))
      }
    },
    [editor, document, boxes],
  )
  const onDragStop = useCallback(
    (event: MouseEvent | TouchEvent | React.MouseEvent, node: CanvasNode, moved: CanvasNode[]) => {
      setDragged(nothingDragged)
      const wire = moved.length === 1 && 'clientX' in event ? wireUnder(event.clientX, event.clientY) : undefined
      markWire(undefined)
      if (wire && insertExisting(editor, node.id, parseWireId(wire), node.position)) return
      const places = moved.map((one) => [one.id, one.position] as const)
      editor.run(moveNodes(Object.fromEntries(carried(places, document, boxes))))
    },
    [editor, document, boxes],
  )
  const quickAdd = (screen: Point) =>
    editor.ui.setState({
      picker: { kind: 'add', screen, at: shifted(api.screenToFlowPosition(screen)) },
      menu: undefined,
    })
  const menuAt = (event: React.MouseEvent | MouseEvent, kind: 'canvas' | 'node' | 'wire', id = '') => {
    event.preventDefault()
    const screen = { x: event.clientX, y: event.clientY }
    if (kind === 'node') {
      editor.ui.setState((state) =>
        state.nodes.has(id) ? state : { nodes: new Set([id]), wires: new Set(), focus: id },
      )
    }
    if (kind === 'wire') editor.ui.setState({ nodes: new Set(), wires: new Set([id]) })
    editor.ui.setState({ menu: { screen, kind, at: api.screenToFlowPosition(screen), id }, picker: undefined })
  }
  const keepFar = useCallback((zoom: number) => {
    frame.current?.toggleAttribute('data-far', zoom < farZoom)
    const text = window.document.getElementById('zoom')
    if (text) text.textContent = `${Math.round(zoom * 100)} %`
  }, [])
  const onPointerDown = (event: PointerEvent) => {
    if (event.target instanceof Element && event.target.closest('.react-flow'))
      editor.ui.setState({ refusal: undefined })
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of nodes and canvas are heard here once
    <div
      ref={frame}
      className={styles.canvas}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onDoubleClick={(event) => isPane(event.target) && quickAdd({ x: event.clientX, y: event.clientY })}
      onClick={(event) =>
        (event.ctrlKey || event.metaKey) && isPane(event.target) && quickAdd({ x: event.clientX, y: event.clientY })
      }
      {...drop}
    >
      <ReactFlow<CanvasNode, CanvasWire>
        aria-label={t('canvas.label', { flow: document.title ?? flow })}
        nodes={nodes}
        edges={wires}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onlyRenderVisibleElements
        nodesDraggable={!readOnly}
        nodesConnectable={!readOnly}
        nodesFocusable={false}
        edgesFocusable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={['Shift', 'Control', 'Meta']}
        selectionMode={SelectionMode.Partial}
        panActivationKeyCode="Space"
        panOnScroll={false}
        zoomOnDoubleClick={false}
        elevateNodesOnSelect={false}
        nodeDragThreshold={3}
        minZoom={0.08}
        maxZoom={2}
        connectionRadius={18}
        proOptions={{ hideAttribution: true }}
        onNodesChange={onNodesChange}
        onEdgesChange={(changes) => {
          const chosen = changes.filter((change) => change.type === 'select')
          if (chosen.length > 0) editor.ui.setState((state) => ({ wires: changedSet(state.wires, chosen) }))
        }}
        onNodeDrag={(event, _node, moved) =>
          markWire(moved.length === 1 && 'clientX' in event ? wireUnder(event.clientX, event.clientY) : undefined)
        }
        onNodeDragStop={onDragStop}
        onNodeDoubleClick={(_event, node) => {
          editor.ui.setState({ inspector: true, nodes: new Set([node.id]) })
          requestAnimationFrame(focusForm)
        }}
        onNodeContextMenu={(event, node) => menuAt(event, 'node', node.id)}
        onEdgeContextMenu={(event, wire) => menuAt(event, 'wire', wire.id)}
        onPaneContextMenu={(event) => menuAt(event, 'canvas')}
        onEdgeMouseEnter={(event, wire) => showCard(wire.id, event)}
        onEdgeMouseLeave={() => showCard(undefined)}
        onPaneClick={() =>
          editor.ui.setState({ picker: undefined, menu: undefined, refusal: undefined, wires: new Set() })
        }
        onMove={(_event, view) => keepFar(view.zoom)}
        onMoveEnd={(_event, view) =>
          editor.ui.setState((state) => ({
            viewports: { ...state.viewports, [flow]: { ...view, height: frame.current?.clientHeight ?? 0 } },
            refusal: undefined,
          }))
        }
        onInit={() => {
          keepFar(store.getState().transform[2])
          if (editor.ui.getState().focus === undefined) editor.ui.setState({ focus: firstBox(boxes) })
        }}
        {...wiring}
      >
        <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} className={styles.dots ?? ''} />
        {minimap && (
          <Suspense fallback={null}>
            <Minimap />
          </Suspense>
        )}
      </ReactFlow>
      <WireCard />
      <CanvasFloats />
    </div>
  )
}

/** Places of moved nodes, and with each frame those of what lies in it. */
function carried(
  places: readonly (readonly [string, Point])[],
  document: FlowDocument,
  boxes: ReadonlyMap<string, Box>,
): (readonly [string, Point])[] {
  const own = new Map(places)
  const inner = places.flatMap(([id, place]) => {
    const start = boxes.get(id)
    if (start === undefined) return []
    return withContents([id], document, boxes).flatMap((other) => {
      const box = boxes.get(other)
      if (own.has(other) || box === undefined) return []
      return [[other, { x: box.x + place.x - start.x, y: box.y + place.y - start.y }] as const]
    })
  })
  return [...places, ...inner]
}

/** Lets others move the view and ask where things are. */
function useCanvasApi(frame: React.RefObject<HTMLDivElement | null>, boxes: ReturnType<typeof boxesOf>): void {
  const editor = useEditor()
  const api = useReactFlow()
  useEffect(() => {
    const element = (id: string) => frame.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`)
    const seen = () => frame.current?.getBoundingClientRect() ?? new DOMRect()
    editor.canvas.current = {
      center() {
        const { x, y, width, height } = seen()
        return shifted(api.screenToFlowPosition({ x: x + width / 2, y: y + height / 2 }))
      },
      toCanvas: (screen) => api.screenToFlowPosition(screen),
      toScreen: (place) => api.flowToScreenPosition(place),
      reveal(id, options = {}) {
        const box = boxes.get(id)
        if (box === undefined) return
        const view = seen()
        const [first, last] = [
          api.flowToScreenPosition(box),
          api.flowToScreenPosition({ x: box.x + box.width, y: box.y + box.height }),
        ]
        const inside = first.x >= view.left && last.x <= view.right && first.y >= view.top && last.y <= view.bottom
        if (!inside || (options.near === true && api.getZoom() < 0.6))
          void api.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom: Math.max(api.getZoom(), 0.6) })
        if (options.focus !== false)
          whenThere(
            () => element(id),
            (found) => found.focus({ preventScroll: true }),
          )
      },
      fit: () => void api.fitView({ padding: 0.15, maxZoom: 1 }),
      showNodes: (ids) => void api.fitView({ nodes: ids.map((id) => ({ id })), padding: 0.3, maxZoom: 1 }),
      zoomBy: (factor) => void api.zoomTo(api.getZoom() * factor),
      focus() {
        const id = editor.ui.getState().focus ?? firstBox(boxes)
        if (id !== undefined) this.reveal(id)
      },
    }
    return () => {
      editor.canvas.current = undefined
    }
  }, [editor, api, frame, boxes])
}

/** A node that was out of sight is drawn some frames after the view moved. */
function whenThere(find: () => HTMLElement | null | undefined, act: (found: HTMLElement) => void, frames = 20): void {
  const found = find()
  if (found) act(found)
  else if (frames > 0) requestAnimationFrame(() => whenThere(find, act, frames - 1))
}

function showCard(wire: string | undefined, event?: React.MouseEvent): void {
  window.dispatchEvent(
    new CustomEvent('wirecard', { detail: wire && event ? { wire, x: event.clientX, y: event.clientY } : undefined }),
  )
}

/** A new node stands with its middle where one clicked. */
function shifted(place: Point): Point {
  return { x: Math.round(place.x - nodeWidth / 2), y: Math.round(place.y - nodeHeight(1, 1) / 2) }
}

function changedSet(
  before: ReadonlySet<string>,
  changes: readonly { id: string; selected: boolean }[],
): ReadonlySet<string> {
  const after = new Set(before)
  for (const change of changes) {
    if (change.selected) after.add(change.id)
    else after.delete(change.id)
  }
  return after
}

function focusOf(chosen: readonly { id: string; selected: boolean }[], before: string | undefined) {
  return { focus: chosen.findLast((change) => change.selected)?.id ?? before }
}

function isPane(target: EventTarget): boolean {
  return target instanceof Element && target.classList.contains('react-flow__pane')
}
