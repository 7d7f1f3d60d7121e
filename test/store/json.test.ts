import { expect, it } from 'vitest'
import { fromText, toText } from '../../engine/store/json.ts'

it('bytes come back as bytes, from a Buffer and from any Uint8Array, wherever they stand', () => {
  const bytes = [0, 255, 123, 34]
  for (const payload of [Buffer.from(bytes), new Uint8Array(bytes), Buffer.from([9, ...bytes, 9]).subarray(1, 5)]) {
    const back = fromText(toText({ topic: 'a', payload, list: [payload], text: '$bytes' }))
    expect(back).toEqual({ topic: 'a', payload: new Uint8Array(bytes), list: [new Uint8Array(bytes)], text: '$bytes' })
  }
})

it('C32: what is nested too deep to be written is cut, and bytes in it are kept', () => {
  let deep: unknown = 1
  for (let level = 0; level < 200_000; level++) deep = level % 2 === 0 ? [deep] : { a: deep }
  const text = toText({ topic: 't', bytes: new Uint8Array([1, 2]), payload: deep })
  expect(text).toContain('nested deeper than 100 levels')
  expect(fromText(text)).toMatchObject({ topic: 't', bytes: new Uint8Array([1, 2]) })
})
