/** Times that a broker ends the connection with the same message unanswered before messages go one by one, and before one is given up. */
const patience = 3

/**
 * Finds the message for which a broker ends the connection. With MQTT 3.1.1 that is how brokers refuse a message that is too
 * large or to a forbidden topic, and it would come again on every connection and hold up all others for ever. The suspicion
 * needs several connections that ended with the same oldest message unanswered; then messages go one by one, and only one
 * that was alone each time is guilty.
 */
export class Blame {
  #suspect: number | undefined
  #cuts = 0
  #upTo = Number.NEGATIVE_INFINITY
  #careful = false

  /** Messages should go one by one, each after the connection has shown that it works. */
  get careful(): boolean {
    return this.#careful
  }

  /**
   * The broker ended a connection.
   * @param unanswered sequences of the messages sent on it that have no answer, ascending
   * @param answered whether others sent on it were answered
   * @returns the sequence of the message to give up
   */
  ended(unanswered: readonly number[], answered: boolean): number | undefined {
    const [oldest] = unanswered
    if (oldest === undefined) return undefined
    this.#cuts = oldest === this.#suspect && !(answered && !this.#careful) ? this.#cuts + 1 : 1
    this.#suspect = oldest
    if (this.#cuts < patience) return undefined
    this.#cuts = 0
    if (this.#careful) return oldest
    this.#careful = true
    this.#upTo = unanswered.at(-1) ?? oldest
    return undefined
  }

  /** A message was answered or given up. */
  settled(sequence: number): void {
    if (sequence === this.#suspect) this.#suspect = undefined
    if (sequence >= this.#upTo) this.#careful = false
  }
}
