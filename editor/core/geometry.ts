import type { Point } from './document.ts'

/** Sizes of a node on the canvas, pixels at zoom 1. They follow from its ports alone, so nothing has to be measured. */
export const nodeWidth = 184
export const headHeight = 40
export const rowHeight = 24
export const portSize = 12

export interface Box extends Point {
  width: number
  height: number
}

/** Height of a node: the head holds the first row of ports, but where several inputs have names that need its place. */
export function nodeHeight(inputs: number, outputs: number): number {
  const rows = Math.max(inputs, outputs)
  return headHeight + rowHeight * (rowsBelow(inputs) ? rows : Math.max(0, rows - 1))
}

/** Whether all ports of a node with so many inputs stand below its head, beside their names. */
export function rowsBelow(inputs: number): boolean {
  return inputs > 1
}

/** Middle of a port from the top left corner of its node, which has so many inputs. */
export function portPlace(side: 'input' | 'output', index: number, inputs: number): Point {
  const first = rowsBelow(inputs) ? headHeight + rowHeight / 2 : headHeight / 2
  return { x: side === 'input' ? 0 : nodeWidth, y: first + rowHeight * index }
}

/** The port `error`, which every node has, stands at the lower edge and takes no row. */
export function errorPortPlace(height: number): Point {
  return { x: nodeWidth - 24, y: height }
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** Id of the box nearest to one of them in a direction; undefined when none lies there. */
export function nearest(boxes: ReadonlyMap<string, Box>, from: string, direction: Direction): string | undefined {
  const start = boxes.get(from)
  if (start === undefined) return undefined
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const [id, box] of boxes) {
    if (id === from) continue
    const { along, across } = offset(middle(start), middle(box), direction)
    if (along <= 0) continue
    const score = along + across * 2
    if (score < least) {
      least = score
      best = id
    }
  }
  return best
}

/** The first box in reading order: where the keyboard starts. */
export function firstBox(boxes: ReadonlyMap<string, Box>): string | undefined {
  let best: [string, Box] | undefined
  for (const entry of boxes) {
    if (best === undefined || entry[1].x + entry[1].y < best[1].x + best[1].y) best = entry
  }
  return best?.[0]
}

/** A place near the wish where a new node covers no other; moves down until it is free. */
export function freePlace(boxes: ReadonlyMap<string, Box>, wish: Point, height = headHeight): Point {
  const place = { ...wish }
  for (let attempt = 0; attempt < 200; attempt++) {
    const taken = [...boxes.values()].find((box) => overlap(box, { ...place, width: nodeWidth, height }))
    if (taken === undefined) return place
    place.y = taken.y + taken.height + 24
  }
  return place
}

export function middle(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

function offset(from: Point, to: Point, direction: Direction): { along: number; across: number } {
  const [x, y] = [to.x - from.x, to.y - from.y]
  if (direction === 'left' || direction === 'right')
    return { along: direction === 'right' ? x : -x, across: Math.abs(y) }
  return { along: direction === 'down' ? y : -y, across: Math.abs(x) }
}
