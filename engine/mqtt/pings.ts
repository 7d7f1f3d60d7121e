/**
 * Who waits for which PINGRESP. A broker answers PINGREQs in order and the answers are all alike, so they are counted.
 *
 * MQTT.js pings to find out whether the broker lives, and any byte from the broker proves that. So its pings are answered by us
 * as soon as anything comes, or at once while reading is paused; the broker's own answers never reach it. That keeps the
 * connection while we stop reading, or while a PINGRESP stands behind megabytes of messages.
 */
export class Pings {
  readonly #answerClient: () => void
  /** One for each PINGREQ on its way; undefined for those of MQTT.js. */
  #waiting: ((() => void) | undefined)[] = []
  #clientWaits = false
  #paused = false

  /** @param answerClient gives MQTT.js a PINGRESP */
  constructor(answerClient: () => void) {
    this.#answerClient = answerClient
  }

  /** MQTT.js sends a PINGREQ. */
  clientPinged(): void {
    this.#waiting.push(undefined)
    this.#clientWaits = true
    if (this.#paused) this.alive()
  }

  /** We send a PINGREQ. */
  pinged(arrived: () => void): void {
    this.#waiting.push(arrived)
  }

  /** Something came from the broker. */
  alive(): void {
    if (!this.#clientWaits) return
    this.#clientWaits = false
    this.#answerClient()
  }

  /** A PINGRESP came; what to call, if it was for us. */
  answered(): (() => void) | undefined {
    return this.#waiting.shift()
  }

  pause(paused: boolean): void {
    this.#paused = paused
    if (paused) this.alive()
  }
}
