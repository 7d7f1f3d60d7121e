import { expect, test } from 'vitest'
import { fuzz } from './plan.ts'

/** Longer runs with other seeds: npm run fuzz. */
const seed = 1

test('flow files, HTTP, WebSocket frames and MQTT packets to broker and client end nothing, stall nothing and fill nothing', {
  timeout: 180_000,
}, async () => {
  const { longest, heaps, rss } = await fuzz(seed, ({ rounds }) => rounds < 4)
  const [first = 0] = heaps
  expect(longest.milliseconds, `${longest.attack}, seed ${longest.seed}`).toBeLessThan(250)
  expect(heaps.at(-1), `heap grows: ${heaps.join(', ')}`).toBeLessThan(first + 60e6)
  expect(rss).toBeLessThan(700e6)
})
