import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyText, newKey, open, readKey, seal } from '../../engine/secrets/seal.ts'

describe('C25: a sealed secret', () => {
  const key = newKey()

  it('is opened with its key under its name, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (value, name) => {
        expect(open(key, name, seal(key, name, value))).toBe(value.toWellFormed())
      }),
    )
  })

  it('cannot be opened under another name or with another key', () => {
    const sealed = seal(key, 'hook', 'value')
    expect(() => open(key, 'hooks', sealed)).toThrow()
    expect(() => open(newKey(), 'hook', sealed)).toThrow()
  })

  it('cannot be opened when any one bit has changed or bytes are missing', () => {
    const sealed = seal(key, 'hook', 'value')
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(() => open(key, 'hook', changed), `bit ${bit}`).toThrow()
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => open(key, 'hook', sealed.subarray(0, length)), `${length} bytes`).toThrow()
    }
  })

  it('is another one each time and does not show its value', () => {
    const many = Array.from({ length: 200 }, () => seal(key, 'hook', 'a value that is long enough').toString('latin1'))
    expect(new Set(many.map((text) => text.slice(1, 13))).size).toBe(200)
    expect(many.join('')).not.toContain('value')
  })
})

describe('a key', () => {
  it('is read as hexadecimal and as base64, and told apart by an id that does not show it', () => {
    const key = newKey()
    for (const text of [
      keyText(key),
      ` ${keyText(key).toUpperCase()}\n`,
      key.bytes.toString('base64'),
      key.bytes.toString('base64url'),
    ]) {
      expect(readKey(text)?.id).toBe(key.id)
    }
    expect(keyText(key)).not.toContain(key.id)
    expect(newKey().id).not.toBe(key.id)
  })

  it.each(['', 'x', 'a'.repeat(63), 'a'.repeat(65), 'g'.repeat(64), 'password'])('is not %j', (text) => {
    expect(readKey(text)).toBeUndefined()
  })
})
