import { Handle, type NodeProps, Position } from '@xyflow/react'
import { TriangleAlert } from 'lucide-react'
import { memo, useEffect, useRef } from 'react'
import { printEnd, titleOf } from '../../core/document.ts'
import { errorPortPlace, portPlace, rowsBelow } from '../../core/geometry.ts'
import { fitOf, inputType, kindOf, outputType, type PortKind, typeText } from '../../core/ports.ts'
import { lineText, rateText } from '../../core/samples.ts'
import { useEditor, useText, useUi } from '../context.ts'
import { NodeIcon } from '../parts/Icon.tsx'
import type { Connecting, FailedPort } from '../state/ui.ts'
import type { CanvasNode, NodeData } from './mapping.ts'
import styles from './NodeView.module.css'

/** A node on the canvas. Values and rates are written into it past React. */
export const NodeView = memo(function NodeView({ id, data, selected }: NodeProps<CanvasNode>) {
  const t = useText()
  const connecting = useUi((state) => state.connecting)
  const focusable = useUi((state) => state.focus === id)
  const traced = useUi((state) => state.traced?.nodes.has(id) ?? false)
  const mark = useUi((state) => state.marks?.nodes.get(id))
  const portMarks = useUi((state) => state.marks?.ports)
  const { entry, spec, problems } = data
  const inputs = data.ports.inputs.length
  const errors = problems.filter((problem) => problem.severity === 'error').length
  const worst = errors > 0 ? 'error' : problems.length > 0 ? 'warning' : undefined
  const label = [
    t('node.label', { node: titleOf(entry), type: spec?.title ?? entry.type }),
    problems.length > 0 ? t('node.problems', { count: problems.length }) : '',
    data.dirty ? t('node.dirty') : '',
    entry.disabled ? t('node.disabled') : '',
    mark === undefined ? '' : t(`node.${mark}`),
  ]
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; this groups a node and its ports
    <div
      className={styles.node}
      role="group"
      aria-roledescription={t('node.role')}
      aria-label={label.filter(Boolean).join(', ')}
      tabIndex={focusable ? 0 : -1}
      data-node={id}
      data-selected={selected || undefined}
      data-traced={traced || undefined}
      data-mark={mark}
      data-disabled={entry.disabled || undefined}
      data-unknown={spec === undefined || undefined}
      data-category={spec?.category ?? 'more'}
    >
      <div
        className={styles.head}
        data-labels={(data.ports.outputs.length > 1 && !rowsBelow(inputs)) || undefined}
        data-roomy={data.ports.outputs.length > 2 || undefined}
      >
        <span className={styles.bar} aria-hidden />
        <NodeIcon name={spec?.icon} />
        <div className={styles.text}>
          <div className={styles.title}>{titleOf(entry)}</div>
          <Line id={id} data={data} />
        </div>
        {data.dirty && <span className={styles.dot} title={t('node.dirty')} aria-hidden />}
        {worst && (
          <span className={styles.badge} data-tone={worst} title={problems.map((problem) => problem.text).join('\n')}>
            <TriangleAlert size={12} strokeWidth={2.25} aria-hidden />
            {problems.length}
          </span>
        )}
      </div>
      {data.ports.inputs.map((port, index) => (
        <Port
          key={`in:${port.name}`}
          id={id}
          name={port.name}
          side="input"
          kind={kindOf(inputType(port))}
          top={portPlace('input', index, inputs).y}
          tip={`${port.name}: ${typeText(inputType(port))}${port.summary ? ` – ${port.summary}` : ''}`}
          label={data.ports.inputs.length > 1 ? port.name : ''}
          unfit={isUnfit(connecting, id, 'input', port.name, data)}
        />
      ))}
      {data.ports.outputs.map((port, index) => (
        <Port
          key={`out:${port.name}`}
          id={id}
          name={port.name}
          side="output"
          kind={data.kinds[port.name] ?? 'any'}
          top={portPlace('output', index, inputs).y}
          tip={port.summary ? `${port.name} – ${port.summary}` : port.name}
          label={data.ports.outputs.length > 1 ? port.name : ''}
          mark={markOf(portMarks?.get(`${id}.${port.name}`))}
          unfit={isUnfit(connecting, id, 'output', port.name, data)}
        />
      ))}
      <Handle
        className={styles.error}
        type="source"
        id="error"
        position={Position.Bottom}
        data-wired={data.errorWired || undefined}
        data-port={printEnd({ node: id, port: 'error' })}
        title={t('node.errorPort')}
        style={{ left: errorPortPlace(data.height).x, top: data.height - 1 }}
      />
    </div>
  )
})

function Port(props: {
  id: string
  name: string
  side: 'input' | 'output'
  kind: PortKind
  top: number
  tip: string
  label: string
  mark?: 'failed' | 'missed' | undefined
  unfit: boolean
}) {
  const input = props.side === 'input'
  return (
    <Handle
      className={styles.port}
      type={input ? 'target' : 'source'}
      id={props.name}
      position={input ? Position.Left : Position.Right}
      style={{ top: props.top - 1 }}
      title={props.tip}
      data-kind={props.kind}
      data-side={props.side}
      data-unfit={props.unfit || undefined}
      data-mark={props.mark}
      data-port={printEnd({ node: props.id, port: props.name })}
    >
      {props.label && <span className={styles.portLabel}>{props.label}</span>}
    </Handle>
  )
}

function markOf(found: FailedPort | 'missed' | undefined): 'failed' | 'missed' | undefined {
  return typeof found === 'object' ? 'failed' : found
}

/** Second line: what the node shows now, else the last value, else its config; and its rate. */
function Line({ id, data }: { id: string; data: NodeData }) {
  const { live } = useEditor()
  const value = useRef<HTMLSpanElement>(null)
  const rate = useRef<HTMLSpanElement>(null)
  const { flow, ports, entry } = data
  const summary = summaryOf(data)
  useEffect(() => {
    const node = `${flow}/${id}`
    const outputs = ports.outputs.map((port) => `${node}.${port.name}`)
    const update = () => {
      const statistics = live.nodes.get(node)
      let latest = outputs.map((key) => live.values.get(key)).filter((found) => found !== undefined)
      latest = latest.sort((a, b) => b.time - a.time)
      const text = statistics?.status ?? (latest[0] ? lineText(latest[0].text) : summary)
      if (value.current && value.current.textContent !== text) value.current.textContent = text
      const pace = statistics !== undefined && statistics.messages > 0 ? rateText(statistics.rate) : ''
      if (rate.current && rate.current.textContent !== pace) rate.current.textContent = pace
    }
    update()
    const ends = [node, ...outputs].map((key) => live.bind(key, update))
    return () => {
      for (const end of ends) end()
    }
  }, [live, flow, id, ports, summary])
  return (
    <div className={styles.line} title={entry.type}>
      <span ref={value} className={styles.value} />
      <span ref={rate} className={styles.rate} />
    </div>
  )
}

function summaryOf({ entry, spec }: NodeData): string {
  const texts = Object.values(entry.config).filter((value) => typeof value === 'string' && value !== '')
  const first = texts[0]
  return typeof first === 'string' ? lineText(first) : (spec?.title ?? entry.type)
}

function isUnfit(
  connecting: Connecting | undefined,
  id: string,
  side: 'input' | 'output',
  name: string,
  data: NodeData,
) {
  if (connecting === undefined) return false
  if (connecting.end.node === id) return !(connecting.end.port === name && connecting.side === side)
  if (connecting.side === side) return true
  const port = side === 'input' ? data.ports.inputs.find((one) => one.name === name) : undefined
  return side === 'input'
    ? fitOf(connecting.type, inputType(port)).verdict === 'no'
    : fitOf(outputType({ node: id, port: name }, data.ports, { types: {}, ports: {} }), connecting.type).verdict ===
        'no'
}
