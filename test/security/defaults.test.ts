import { expect, it } from 'vitest'
import { defaultLimits as brokerLimits } from '../../engine/mqtt/broker/limits.ts'
import { defaultLimits as serverLimits } from '../../engine/server/limits.ts'

it('C38: unless said, a body has a megabyte, headers have 16 kB, and neither takes for ever', () => {
  const { body, headers, headersTimeout, requestTimeout, connections } = serverLimits
  expect({ body, headers }).toEqual({ body: 1_000_000, headers: 16_384 })
  expect(Math.max(headersTimeout, requestTimeout)).toBeLessThanOrEqual(30_000)
  expect(connections).toBeLessThan(10_000)
})

it('C39: unless said, what waits for all live clients is some megabytes, and what they may send little', () => {
  const { clients, buffered, frame, message, rate } = serverLimits.live
  expect(clients * (buffered + frame)).toBeLessThan(64e6)
  expect(message * rate).toBeLessThan(2e6)
})

it('C44: unless said, a packet has 256 kB, CONNECT comes within 10 s, and connections are counted', () => {
  const { packet, connectWithin, connections, connectionsPerAddress } = brokerLimits
  expect({ packet, connectWithin }).toEqual({ packet: 256 * 1024, connectWithin: 10_000 })
  expect(connections).toBe(1000)
  expect(connectionsPerAddress).toBeLessThan(connections)
})
