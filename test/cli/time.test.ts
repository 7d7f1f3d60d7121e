import { expect, test } from 'vitest'
import { moment } from '../../engine/cli/time.ts'

const read = (text: string) => moment({ value: 'TIME', help: '' }).read([text])

test.each([
  ['2026-05-04T08:30:00Z', Date.UTC(2026, 4, 4, 8, 30)],
  ['2026-05-04T10:30:00+02:00', Date.UTC(2026, 4, 4, 8, 30)],
  ['2026-05-04 08:30', Date.UTC(2026, 4, 4, 8, 30)],
  ['2026-05-04', Date.UTC(2026, 4, 4)],
  ['1777883400', Date.UTC(2026, 4, 4, 8, 30)],
  ['1777883400000', Date.UTC(2026, 4, 4, 8, 30)],
])('the time %s is read as in files: UTC where no zone is named', (text, time) => {
  expect(read(text)).toBe(time)
})

test('7d is seven days ago', () => {
  const before = Date.now() - 7 * 86_400_000
  const found = read('7d') ?? 0
  expect(found).toBeGreaterThanOrEqual(before)
  expect(found).toBeLessThanOrEqual(Date.now() - 7 * 86_400_000)
})

test.each([['yesterday'], ['2026-02-30'], [''], ['0s']])(
  '"%s" is no time, and the error says how to write one',
  (text) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ wanted: expect.stringContaining('7d for seven days ago') }),
    )
  },
)
