import { expect, it } from 'vitest'
import { InFlight } from '../../../engine/mqtt/broker/in-flight.ts'
import { randomOf } from './random.ts'

it('gives no packet id to two open messages, however long the oldest stays open', () => {
  const inFlight = new InFlight()
  const stuck = inFlight.add(10)
  let sequence = 11
  for (; inFlight.hasRoomFor(sequence); sequence++) {
    const packetId = inFlight.add(sequence)
    expect(packetId).not.toBe(stuck)
    expect(inFlight.settle(packetId)).toBe(true)
    expect(inFlight.forgetSettled()).toBe(-1)
  }
  expect(sequence).toBeGreaterThan(60_000)
  expect(inFlight.size).toBe(1)
  inFlight.settle(stuck)
  expect(inFlight.forgetSettled()).toBe(sequence - 1)
  expect(inFlight.hasRoomFor(sequence)).toBe(true)
})

it.each([1, 2, 3])('tells what is confirmed up to the oldest open one, in any order of acks, seed %i', (seed) => {
  const random = randomOf(seed)
  const inFlight = new InFlight()
  const open = new Map<number, number>()
  let next = 0
  let forgotten = -1
  for (let step = 0; step < 20_000; step++) {
    if (open.size < 100 && random() < 0.55) {
      open.set(inFlight.add(next), next)
      next++
    } else {
      const [packetId] = [...open.keys()].slice(Math.floor(random() * Math.min(open.size, 10)))
      if (packetId === undefined) continue
      expect(inFlight.sequenceOf(packetId)).toBe(open.get(packetId))
      open.delete(packetId)
      expect(inFlight.settle(packetId)).toBe(true)
      expect(inFlight.settle(packetId)).toBe(false)
      forgotten = Math.max(forgotten, inFlight.forgetSettled())
      expect(forgotten).toBe(Math.min(next, ...open.values()) - 1)
      expect(inFlight.size).toBe(open.size)
    }
  }
  const oldest = Math.min(next, ...open.values())
  const behind = Array.from({ length: next - oldest }, (_, index) => oldest + index)
  const openSequences = new Set(open.values())
  expect(inFlight.settledBehind()).toEqual(behind.filter((sequence) => !openSequences.has(sequence)))
})
