import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { PublishEffect } from '../spec/context.ts'
import type { Packet } from '../spec/message.ts'

/** Messages that are known at most; the oldest are forgotten. */
const mostKnown = 20_000
/** Characters of a topic that is remembered as it is. */
const longestTopic = 512
/** How long one is expected back, milliseconds. What comes later is taken for a message of somebody else. */
const longest = 10_000

interface Sent {
  hops: number
  /** How often it will come. */
  left: number
  /** UTC milliseconds. */
  at: number
}

/** Knows messages again that were published here and come back from a broker: by topic and payload. */
export class Echoes {
  readonly #now: () => number
  readonly #sent = new Map<string, Sent>()
  /** The packet that was asked for last, because it may be asked for again. */
  #last: { packet: Packet; node: string; hops: number } | undefined

  /** @param now UTC milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Expects a message back so many times. Of several that look alike the one that has come round more often counts. */
  sent({ topic, payload }: PublishEffect, { hops, times }: { hops: number; times: number }): void {
    const looks = looksOf(topic, payload)
    const before = this.#known(looks)
    this.#sent.delete(looks)
    this.#sent.set(looks, {
      hops: Math.max(hops, before?.hops ?? 0),
      left: times + (before?.left ?? 0),
      at: this.#now(),
    })
    const [oldest] = this.#sent.keys()
    if (this.#sent.size > mostKnown && oldest !== undefined) this.#sent.delete(oldest)
  }

  /** How often a packet for a node has come round; 0 for what was not published here. */
  hopsOf(packet: Packet, node: string): number {
    if (this.#last?.packet === packet && this.#last.node === node) return this.#last.hops
    const looks = looksOf(packet.topic, packet.payload)
    const sent = this.#known(looks)
    if (sent !== undefined && --sent.left <= 0) this.#sent.delete(looks)
    const hops = sent?.hops ?? 0
    this.#last = { packet, node, hops }
    return hops
  }

  #known(looks: string): Sent | undefined {
    const sent = this.#sent.get(looks)
    return sent !== undefined && sent.at >= this.#now() - longest ? sent : undefined
  }
}

/** Long topics are told by their digest: many are remembered. */
function looksOf(topic: string, payload: string | Uint8Array): string {
  const name = topic.length <= longestTopic ? topic : createHash('sha256').update(topic).digest('base64')
  return `${crc32(payload)} ${name}`
}
