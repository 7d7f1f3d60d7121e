import { expect, it } from 'vitest'
import { fromText, toText } from '../../engine/store/json.ts'

it('bytes come back as bytes, from a Buffer and from any Uint8Array, wherever they stand', () => {
  const bytes = [0, 255, 123, 34]
  for (const payload of [Buffer.from(bytes), new Uint8Array(bytes), Buffer.from([9, ...bytes, 9]).subarray(1, 5)]) {
    const back = fromText(toText({ topic: 'a', payload, list: [payload], text: '$bytes' }))
    expect(back).toEqual({ topic: 'a', payload: new Uint8Array(bytes), list: [new Uint8Array(bytes)], text: '$bytes' })
  }
})
