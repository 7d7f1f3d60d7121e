import type { RunProgress } from '../backtest/pacer.ts'
import type { Pace } from '../host/backtest-run.ts'
import { paint, type Terminal } from './terminal.ts'

/** Thrown through a run that a signal ends. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Milliseconds between two progress lines. */
const pause = 200

/**
 * Does a long run in this process so that a signal ends it, and shows how far it is where somebody looks. Throws {@link Interrupted},
 * and what the run throws.
 */
export async function longRun<Result>(terminal: Terminal, run: (pace: Pace) => Promise<Result>): Promise<Result> {
  let interrupted = false
  const off = terminal.onSignal(() => {
    interrupted = true
  })
  let shown = Number.NEGATIVE_INFINITY
  const pace: Pace = {
    elapsed: () => performance.now(),
    async breathe() {
      await new Promise((resolve) => setImmediate(resolve))
      if (interrupted) throw new Interrupted()
    },
    progress(progress) {
      if (!terminal.colors || performance.now() - shown < pause) return
      shown = performance.now()
      terminal.err(`\r${paint(terminal, 'dim', progressText(progress))}\u001b[K`)
    },
  }
  try {
    return await run(pace)
  } finally {
    if (shown > 0) terminal.err('\r\u001b[K')
    off()
  }
}

/** `42 % · 1,234,567 messages · 180,000/s · 2026-05-04 08:30`. */
export function progressText({ messages, done, time, rate }: RunProgress): string {
  return [
    ...(done === null ? [] : [`${Math.floor(done * 100)} %`]),
    `${messages.toLocaleString('en')} messages`,
    `${rate.toLocaleString('en')}/s`,
    ...(time === null ? [] : [new Date(time).toISOString().slice(0, 16).replace('T', ' ')]),
  ].join(' · ')
}
