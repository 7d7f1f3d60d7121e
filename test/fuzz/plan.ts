import { Random } from '../jsonata/random.ts'
import { attackBacktests } from './backtests.ts'
import { attackDoor } from './door.ts'
import { attackFlows } from './flow-files.ts'
import { attackHooks } from './hooks.ts'
import { attackHttp } from './http.ts'
import { attackBroker, attackClient } from './mqtt.ts'
import { startTarget, type Target } from './target.ts'
import { attackWebSocket } from './web-socket.ts'

/** Turns of each attack in one round. */
const turns = { flows: 25, http: 80, door: 60, hooks: 80, backtests: 2, webSocket: 20, broker: 60, client: 60 }

export const attacks: Readonly<
  Record<keyof typeof turns, (target: Target, random: Random, count: number) => Promise<void>>
> = {
  flows: attackFlows,
  http: attackHttp,
  door: attackDoor,
  hooks: attackHooks,
  backtests: attackBacktests,
  webSocket: attackWebSocket,
  broker: attackBroker,
  client: attackClient,
}

export interface FuzzResult {
  rounds: number
  /** Longest turn of the event loop in processor time, milliseconds, with the attack and seed in which it was. */
  longest: { milliseconds: number; attack: string; seed: number }
  /** Bytes in use after a collection, after the first round and after each further one. */
  heaps: number[]
  /** Bytes of the process at most. */
  rss: number
}

/**
 * Runs rounds of all attacks on one process. Throws when it ends, when an honest client is not served after an attack, and
 * when an answer has status 500; the message names attack and seed.
 *
 * @param more tells after each round whether there shall be another
 */
export async function fuzz(seed: number, more: (result: FuzzResult) => boolean): Promise<FuzzResult> {
  const target = await startTarget()
  const result: FuzzResult = { rounds: 0, longest: { milliseconds: 0, attack: '', seed }, heaps: [], rss: 0 }
  try {
    do {
      const roundSeed = seed + result.rounds
      for (const [attack, run] of Object.entries(attacks)) {
        try {
          await run(target, new Random(roundSeed), turns[attack as keyof typeof turns]) // its own keys
          await target.checkAlive()
        } catch (cause) {
          const detail = cause instanceof Error ? cause.message : String(cause)
          throw new Error(`${attack}, seed ${roundSeed}: ${detail}`, { cause })
        }
        const { longest, heap, rss } = await target.read()
        if (longest > result.longest.milliseconds) result.longest = { milliseconds: longest, attack, seed: roundSeed }
        result.rss = Math.max(result.rss, rss)
        if (attack === 'client') result.heaps.push(heap)
      }
      result.rounds++
    } while (more(result))
    const defect = /INTERNAL|uncaught|unhandled|TypeError|RangeError/i.exec(target.log())
    if (defect !== null)
      throw new Error(`seed ${seed}: the log tells of a defect:\n${around(target.log(), defect.index)}`)
    return result
  } finally {
    await target.stop()
  }
}

function around(log: string, index: number): string {
  return log.slice(Math.max(0, index - 500), index + 1500)
}
