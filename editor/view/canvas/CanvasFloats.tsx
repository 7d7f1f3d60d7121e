import type { NodeTypeDescription } from '../../../engine/server/protocol.ts'
import { type Point, parseEnd, printEnd, titleOf } from '../../core/document.ts'
import { fuzzyFilter } from '../../core/fuzzy.ts'
import { nodeWidth } from '../../core/geometry.ts'
import { allPorts, fitOf, inputType, outputType, typesThatGive, typesThatTake, typeText } from '../../core/ports.ts'
import { placeBehind, placeNode, tryWire } from '../actions/place.ts'
import { useEditor, useText, useUi } from '../context.ts'
import { NodeIcon } from '../parts/Icon.tsx'
import { Picker, type PickerItem } from '../parts/Picker.tsx'
import type { Editor } from '../state/editor.ts'
import type { PickerState, Refusal } from '../state/ui.ts'
import styles from './Canvas.module.css'

/** What floats over the canvas: the list of nodes to add, the list of ports to wire, a refused wire. */
export function CanvasFloats() {
  const picker = useUi((state) => state.picker)
  const refusal = useUi((state) => state.refusal)
  return (
    <>
      {picker?.kind === 'add' && <AddPicker key={`${picker.screen.x},${picker.screen.y}`} picker={picker} />}
      {picker?.kind === 'wire' && <WirePicker picker={picker} />}
      {refusal && <RefusalCard refusal={refusal} />}
    </>
  )
}

function AddPicker({ picker }: { picker: Extract<PickerState, { kind: 'add' }> }) {
  const editor = useEditor()
  const t = useText()
  const specs = fittingSpecs(editor, picker)
  const title =
    picker.from || picker.to
      ? t('add.fitting', { port: printEnd(picker.from ?? picker.to ?? { node: '', port: '' }) })
      : t('add.title')
  return (
    <div className={`float ${styles.picker}`} style={clamped(picker.screen)} data-picker>
      <Picker
        label={title}
        placeholder={title}
        empty={t('add.none')}
        itemsFor={(typed) =>
          fuzzyFilter(typed, specs, (spec) => [spec.title, spec.type, spec.summary]).map((spec) => ({
            id: spec.type,
            label: spec.title,
            detail: spec.summary,
            icon: <NodeIcon name={spec.icon} />,
          }))
        }
        onChoose={(item) => {
          const spec = editor.server.getState().specs.get(item.id)
          const { at, wire, from, to } = picker
          if (spec === undefined) return
          const id = placeNode(editor, spec, {
            at,
            ...(wire === undefined ? {} : { wire }),
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
          })
          if (id !== undefined) requestAnimationFrame(() => editor.canvas.current?.reveal(id))
        }}
        onClose={() => {
          editor.ui.setState({ picker: undefined })
          editor.canvas.current?.focus()
        }}
      />
    </div>
  )
}

function fittingSpecs(editor: Editor, picker: Extract<PickerState, { kind: 'add' }>): NodeTypeDescription[] {
  const specs = editor.server.getState().specs
  const open = editor.current()
  if (open === undefined) return [...specs.values()]
  const ports = allPorts(open.history.document, specs, open.check)
  if (picker.from) {
    const type = outputType(picker.from, ports.get(picker.from.node), open.check)
    return typesThatTake(type, specs).map(({ spec }) => spec)
  }
  const { to } = picker
  if (to) {
    const type = inputType(ports.get(to.node)?.inputs.find((port) => port.name === to.port))
    return typesThatGive(type, specs).map(({ spec }) => spec)
  }
  return [...specs.values()]
}

/** Draws a wire without a mouse: every port that takes what a port of this node gives, the nearest first. */
function WirePicker({ picker }: { picker: Extract<PickerState, { kind: 'wire' }> }) {
  const editor = useEditor()
  const t = useText()
  const items = wireItems(editor, picker.node)
  const close = () => {
    editor.ui.setState({ picker: undefined })
    editor.canvas.current?.reveal(picker.node)
  }
  return (
    <div className={`float ${styles.picker}`} style={clamped(picker.screen)} data-picker>
      <Picker
        label={t('wire.pick', { node: picker.node })}
        placeholder={t('wire.pick', { node: picker.node })}
        empty={t('wire.nothingFits')}
        itemsFor={(typed) => fuzzyFilter(typed, items, (item) => [item.label])}
        onHighlight={(item) => markTarget(item?.id)}
        onChoose={(item) => {
          markTarget(undefined)
          const [from = '', to = ''] = item.id.split('>')
          if (to === '+') {
            const at = placeBehind(editor, picker.node) ?? { x: 0, y: 0 }
            return editor.ui.setState({ picker: { kind: 'add', screen: picker.screen, at, from: parseEnd(from) } })
          }
          tryWire(editor, { from, to }, picker.screen)
          close()
        }}
        onClose={() => {
          markTarget(undefined)
          close()
        }}
      />
    </div>
  )
}

function wireItems(editor: Editor, node: string): PickerItem[] {
  const open = editor.current()
  if (open === undefined) return []
  const document = open.history.document
  const ports = allPorts(document, editor.server.getState().specs, open.check)
  const place = (id: string): Point => {
    const [x = 0, y = 0] = document.layout?.[id] ?? []
    return { x, y }
  }
  const start = place(node)
  const distance = (id: string) => Math.hypot(place(id).x - start.x - nodeWidth, place(id).y - start.y)
  const outputs = [...(ports.get(node)?.outputs ?? []), { name: 'error', summary: '', type: 'any' as const }]
  return outputs.flatMap((output) => {
    const from = printEnd({ node, port: output.name })
    const type = outputType({ node, port: output.name }, ports.get(node), open.check)
    const targets = document.nodes
      .filter((entry) => entry.id !== node)
      .sort((a, b) => distance(a.id) - distance(b.id))
      .flatMap((entry) =>
        (ports.get(entry.id)?.inputs ?? [])
          .filter((input) => fitOf(type, inputType(input)).verdict !== 'no')
          .filter(
            (input) => !document.wires.some((wire) => wire.from === from && wire.to === `${entry.id}.${input.name}`),
          )
          .map((input) => ({
            id: `${from}>${entry.id}.${input.name}`,
            label: `${output.name} → ${titleOf(entry)}.${input.name}`,
            detail: typeText(type),
          })),
      )
    return [...targets, { id: `${from}>+`, label: `${output.name} → ${editor.t('wire.newNode')}` }]
  })
}

/** Shows which port would be wired. */
function markTarget(id: string | undefined): void {
  for (const marked of document.querySelectorAll('[data-target]')) marked.removeAttribute('data-target')
  const to = id?.split('>')[1]
  if (to !== undefined)
    document.querySelector(`[data-side="input"][data-port="${CSS.escape(to)}"]`)?.setAttribute('data-target', '')
}

function RefusalCard({ refusal }: { refusal: Refusal }) {
  const editor = useEditor()
  const t = useText()
  const { wire } = refusal
  const converter = refusal.converter === undefined ? undefined : editor.server.getState().specs.get(refusal.converter)
  const close = () => editor.ui.setState({ refusal: undefined })
  return (
    <div className={`float ${styles.refusal}`} style={clamped(refusal.screen)} role="alert">
      {refusal.reason === 'type' && refusal.from && refusal.to ? (
        <>
          <p>{t('refusal.type', wire)}</p>
          <dl className={styles.types}>
            <dt>{t('refusal.gives', { port: wire.from })}</dt>
            <dd className="mono">{typeText(refusal.from)}</dd>
            <dt>{t('refusal.takes', { port: wire.to })}</dt>
            <dd className="mono">{typeText(refusal.to)}</dd>
          </dl>
        </>
      ) : (
        <p>{t(refusal.reason === 'self' ? 'refusal.self' : 'refusal.same', wire)}</p>
      )}
      <div className={styles.buttons}>
        {converter && (
          <button
            type="button"
            className="button"
            onClick={() => {
              close()
              const at = editor.canvas.current?.toCanvas(refusal.screen)
              placeNode(editor, converter, { ...(at ? { at } : {}), from: parseEnd(wire.from), to: parseEnd(wire.to) })
            }}
          >
            {t('refusal.insert', { type: converter.title })}
          </button>
        )}
        <button type="button" className="button" data-tone="quiet" onClick={close}>
          {t('close')}
        </button>
      </div>
    </div>
  )
}

function clamped(at: Point) {
  return {
    left: Math.max(8, Math.min(at.x, window.innerWidth - 328)),
    top: Math.max(48, Math.min(at.y, window.innerHeight - 400)),
  }
}
