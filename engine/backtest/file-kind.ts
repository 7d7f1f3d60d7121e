/** What a file is that holds no text in UTF-8, and what to do with it. */
export interface OtherKind {
  detail: string
  wanted: string
}

/** Bytes at the beginning in which text has no zero. */
const looked = 256

/** Tells by its first bytes what a file is that cannot be read as text; undefined when it may be. */
export function otherThanText(head: Uint8Array): OtherKind | undefined {
  const begins = (...bytes: number[]) => bytes.every((byte, place) => head[place] === byte)
  if (begins(0x1f, 0x8b))
    return { detail: 'it is compressed with gzip', wanted: 'Unpack it first: gunzip --keep FILE.' }
  if (begins(0x50, 0x4b, 3, 4)) {
    return { detail: 'it is a ZIP archive or a spreadsheet', wanted: 'Unpack it, or save the sheet as CSV in UTF-8.' }
  }
  const isUtf16 = begins(0xff, 0xfe) || begins(0xfe, 0xff)
  if (!isUtf16 && !head.subarray(0, looked).includes(0)) return undefined
  return { detail: isUtf16 ? 'it is text in UTF-16' : 'it is no text', wanted: 'Save it as CSV in UTF-8.' }
}
