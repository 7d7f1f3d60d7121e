/** What an id may be: 1 to 64 of a-z, 0-9 and "-". */
export const idShape = /^[a-z0-9-]{1,64}$/

/** An id made from a text: lower case, other characters as "-", at most 48 long; `fallback` when nothing is left. */
export function slug(text: string, fallback: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48)
  return plain === '' ? fallback : plain
}

/** The wish itself when it is free, else with the next free number: `filter`, `filter-2`, `filter-3`. */
export function freeId(wish: string, taken: { has(id: string): boolean }): string {
  if (!taken.has(wish)) return wish
  const stem = wish.replace(/-\d+$/, '')
  for (let number = 2; ; number++) {
    const id = `${stem.slice(0, 58)}-${number}`
    if (!taken.has(id)) return id
  }
}
