/** Something that stands at a path of a JSON text. Offsets count UTF-16 units; `end` is behind it. */
export interface JsonPlace {
  path: readonly (string | number)[]
  kind: 'object' | 'array' | 'text' | 'other'
  start: number
  end: number
}

/** Where one types in a JSON text. */
export interface JsonCursor {
  /** Of the object or array around it. */
  path: readonly (string | number)[]
  /** `key`: the name of a field; `value`: of the field `name`, or of an item. */
  at: 'key' | 'value'
  name: string | number | undefined
  /** Where the text or word under the cursor begins; the cursor itself when there is none. */
  from: number
  /** Whether that is in quotes. */
  quoted: boolean
  /** Names of the fields before it in its object. */
  keys: readonly string[]
}

interface Frame {
  kind: 'object' | 'array'
  start: number
  name: string | number | undefined
  keys: string[]
  wants: 'key' | 'value' | 'more'
}

/** All values of a JSON text in the order in which they end; of a broken text those before the fault. */
export function jsonPlaces(text: string): JsonPlace[] {
  const places: JsonPlace[] = []
  walk(text, text.length, (place) => places.push(place))
  return places
}

/** The value at a path; undefined when there is none. */
export function placeAt(text: string, path: readonly (string | number)[]): JsonPlace | undefined {
  return jsonPlaces(text).find((place) => samePath(place.path, path))
}

/** What could be typed at an offset; undefined outside of the outermost object. */
export function cursorAt(text: string, offset: number): JsonCursor | undefined {
  const { frames, from, quoted } = walk(text, offset, () => undefined)
  const frame = frames.at(-1)
  if (frame === undefined || frame.wants === 'more') return undefined
  const path = frames.slice(0, -1).map(({ name }) => name ?? '')
  return { path, at: frame.wants, name: frame.wants === 'key' ? undefined : frame.name, from, quoted, keys: frame.keys }
}

/** Puts an item at the end of the array at a path, in lines of its own; undefined when there is no such array. */
export function withItem(text: string, path: readonly (string | number)[], item: string): string | undefined {
  const places = jsonPlaces(text)
  const list = places.find((place) => place.kind === 'array' && samePath(place.path, path))
  if (list === undefined) return undefined
  const indent = ' '.repeat(2 * path.length + 2)
  const lines = indent + item.trim().replaceAll('\n', `\n${indent}`)
  const last = places
    .filter((place) => place.path.length === path.length + 1 && samePath(place.path.slice(0, -1), path))
    .at(-1)
  const close = `\n${' '.repeat(2 * path.length)}`
  if (last === undefined) return `${text.slice(0, list.start + 1)}\n${lines}${close}${text.slice(list.end - 1)}`
  return `${text.slice(0, last.end)},\n${lines}${close}${text.slice(list.end - 1)}`
}

function samePath(one: readonly (string | number)[], other: readonly (string | number)[]): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index])
}

/** Reads up to an offset, however broken the text is. */
function walk(text: string, end: number, found: (place: JsonPlace) => void) {
  const frames: Frame[] = []
  let [from, quoted, index] = [end, false, 0]
  const pathHere = () => frames.map(({ name }) => name ?? '')
  const close = (kind: JsonPlace['kind'], start: number, at: number) => {
    found({ path: pathHere(), kind, start, end: at })
    const frame = frames.at(-1)
    if (frame) frame.wants = 'more'
  }
  while (index < end) {
    const character = text[index] ?? ''
    const frame = frames.at(-1)
    if (character === '{' || character === '[') {
      const array = character === '['
      frames.push({
        kind: array ? 'array' : 'object',
        start: index++,
        name: array ? 0 : undefined,
        keys: [],
        wants: array ? 'value' : 'key',
      })
    } else if (character === '}' || character === ']') {
      const gone = frames.pop()
      index++
      if (gone) close(gone.kind, gone.start, index)
    } else if (character === ',') {
      if (frame?.kind === 'array') frame.name = Number(frame.name) + 1
      if (frame) frame.wants = frame.kind === 'array' ? 'value' : 'key'
      index++
    } else if (character === ':') {
      if (frame) frame.wants = 'value'
      index++
    } else if (/\s/.test(character)) index++
    else {
      const start = index
      index = character === '"' ? endOfText(text, start) : endOfWord(text, start)
      const whole = index <= end && (character !== '"' || (index > start + 1 && text[index - 1] === '"'))
      if (!whole || index === end) [from, quoted] = [start, character === '"']
      if (!whole || (index === end && character !== '"')) break
      if (frame?.wants === 'key') {
        frame.name = text.slice(start + 1, index - 1)
        frame.keys.push(frame.name)
      } else close(character === '"' ? 'text' : 'other', start, index)
      if (index === end) [from, quoted] = [end, false]
    }
  }
  return { frames, from, quoted }
}

function endOfText(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === '"') return index + 1
    else if (text[index] === '\n') return index
  }
  return text.length
}

function endOfWord(text: string, start: number): number {
  let index = start + 1
  while (index < text.length && !/[\s,:[\]{}"]/.test(text[index] ?? '')) index++
  return index
}
