/** What came of an expression: its value (plain JSON), or why there is none. */
export type Outcome = { value: unknown } | { fault: string; position?: number }

interface Waiting {
  resolve: (outcome: Outcome) => void
  timer: number
}

const longest = 1000

/** Evaluates expressions in a worker, so that a slow one stops itself and not the page. */
export class Evaluator {
  #worker: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  #last = 0

  /** Evaluates an expression on a message. */
  run(text: string, message: unknown): Promise<Outcome> {
    const id = ++this.#last
    const worker = this.#start()
    return new Promise((resolve) => {
      const timer = window.setTimeout(() => this.#stop('timeout'), longest)
      this.#waiting.set(id, { resolve, timer })
      worker.postMessage({ id, text, message })
    })
  }

  #start(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL('./evaluate.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<{ id: number; outcome: Outcome }>) => this.#settle(data.id, data.outcome)
    worker.onerror = (event) => this.#stop(event.message)
    this.#worker = worker
    return worker
  }

  #settle(id: number, outcome: Outcome): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    window.clearTimeout(waiting.timer)
    this.#waiting.delete(id)
    waiting.resolve(outcome)
  }

  /** Ends the worker with all that it was asked; the next question starts another. */
  #stop(reason: string): void {
    this.#worker?.terminate()
    this.#worker = undefined
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { fault: reason })
  }
}
