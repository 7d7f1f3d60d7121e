export interface PatienceOptions {
  /** Milliseconds that others wait; `undefined`: as long as it takes. */
  readonly limit: number | undefined
  /** Whether the client takes what it gets. */
  flows(): boolean
  /** Nobody waits for it any more, until it flows again. */
  onStalled(): void
}

/**
 * Lets those who publish wait for a client that is behind, so that it need not lose anything; but not for ever: one client that
 * has stopped must not stop the others.
 */
export class Patience {
  readonly #options: PatienceOptions
  #waiters: { run: () => void; patient: boolean }[] = []
  #timer: NodeJS.Timeout | undefined
  #stalled = false
  #ended = false

  constructor(options: PatienceOptions) {
    this.#options = options
  }

  /** Others have given up on it: what cannot wait is dropped. */
  get stalled(): boolean {
    return this.#stalled
  }

  /** Whether nobody has to wait. */
  get open(): boolean {
    return this.#ended || this.#stalled || this.#options.flows()
  }

  /** Calls back when it is open; at once when it is. A patient one waits until the client really takes messages again. */
  whenOpen(run: () => void, patient = false): void {
    if (this.#ended || (patient ? this.#options.flows() : this.open)) {
      run()
      return
    }
    this.#waiters.push({ run, patient })
    if (this.#options.limit === undefined || this.#timer !== undefined) return
    this.#timer = setTimeout(() => this.#stall(), this.#options.limit)
    this.#timer.unref()
  }

  /** Lets those go on who waited, once the client takes messages again. */
  check(): void {
    if ((this.#waiters.length === 0 && !this.#stalled) || !this.#options.flows()) return
    this.#stalled = false
    this.#stopTimer()
    this.#release(() => true)
  }

  /** The client is gone: nobody waits. */
  end(): void {
    this.#ended = true
    this.#stopTimer()
    this.#release(() => true)
  }

  #stall(): void {
    this.#timer = undefined
    if (this.#options.flows()) {
      this.check()
      return
    }
    this.#stalled = true
    this.#options.onStalled()
    this.#release(({ patient }) => !patient)
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #release(which: (waiter: { patient: boolean }) => boolean): void {
    const waiters = this.#waiters
    this.#waiters = waiters.filter((waiter) => !which(waiter))
    for (const waiter of waiters) if (which(waiter)) waiter.run()
  }
}
