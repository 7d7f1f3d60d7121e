import { useMemo, useRef } from 'react'
import type { FlowDocument, Point } from '../../core/document.ts'
import { allPorts } from '../../core/ports.ts'
import { problemsByNode } from '../../core/problems.ts'
import { useCurrent, useServer, useUi } from '../context.ts'
import { noCheck } from '../state/flows.ts'
import { type CanvasNode, type CanvasWire, canvasNodes, canvasWires } from './mapping.ts'

const nothing: FlowDocument = { flow: '', nodes: [], wires: [] }

/** Nodes and wires of the current flow for the canvas. */
export function useGraph(dragged: ReadonlyMap<string, Point>) {
  const flow = useCurrent((open) => open.flow) ?? ''
  const document = useCurrent((open) => open.history.document) ?? nothing
  const base = useCurrent((open) => open.base)
  const check = useCurrent((open) => open.check) ?? noCheck
  const specs = useServer((state) => state.specs)
  const selected = useUi((state) => state.nodes)
  const selectedWires = useUi((state) => state.wires)
  const nodesBefore = useRef<ReadonlyMap<string, CanvasNode>>(new Map())
  const wiresBefore = useRef<ReadonlyMap<string, CanvasWire>>(new Map())

  const { types, ports: own, problems: found } = check
  const ports = useMemo(() => allPorts(document, specs, { types, ports: own }), [document, specs, types, own])
  const problems = useMemo(() => problemsByNode(found), [found])
  const nodes = useMemo(() => {
    const mapped = canvasNodes(
      { flow, document, base, specs, ports, check, problems, selected, dragged },
      nodesBefore.current,
    )
    nodesBefore.current = mapped
    return [...mapped.values()]
  }, [flow, document, base, specs, ports, check, problems, selected, dragged])
  const wires = useMemo(() => {
    const mapped = canvasWires({ flow, document, ports, check, selected: selectedWires }, wiresBefore.current)
    wiresBefore.current = mapped
    return [...mapped.values()]
  }, [flow, document, ports, check, selectedWires])
  return { flow, document, nodes, wires, ports, check, specs }
}
