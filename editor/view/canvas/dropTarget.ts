/** The id of the wire at a place of the screen, if one is there. */
export function wireUnder(x: number, y: number): string | undefined {
  const element = document.elementsFromPoint(x, y).find((found) => found.closest('.react-flow__edge'))
  return element?.closest<HTMLElement>('.react-flow__edge')?.dataset.id
}

/** Shows which wire would be cut open; undefined shows none. */
export function markWire(id: string | undefined): void {
  for (const marked of document.querySelectorAll('.react-flow__edge.drop-target'))
    marked.classList.remove('drop-target')
  if (id !== undefined)
    document.querySelector(`.react-flow__edge[data-id="${CSS.escape(id)}"]`)?.classList.add('drop-target')
}
