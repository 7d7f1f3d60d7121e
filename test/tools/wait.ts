import type { EventEmitter } from 'node:events'

/** Milliseconds after which a wait gives up unless the caller says otherwise. */
export const defaultDeadline = 10_000

/**
 * Waits until the condition gives something other than false, undefined or null, and resolves to it.
 * Rejects at the deadline (milliseconds) with `what`, which may be a function so that it can name the values found.
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  what: string | (() => string) = 'the condition',
  deadline = defaultDeadline,
): Promise<Exclude<Value, false | undefined | null>> {
  const end = performance.now() + deadline
  for (;;) {
    const value = await condition()
    if (value !== false && value !== undefined && value !== null) {
      return value as Exclude<Value, false | undefined | null> // the three were just excluded
    }
    if (performance.now() > end) throw new Error(late(what, deadline))
    await pause(2)
  }
}

/** The promise, or an error that names what was awaited when it has not settled by the deadline (milliseconds). */
export async function within<Value>(
  promise: Promise<Value>,
  what: string | (() => string) = 'the promise',
  deadline = defaultDeadline,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(late(what, deadline))), deadline)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}

/** The arguments of the next event of that name; rejects at the deadline (milliseconds). */
export function nextEvent(emitter: EventEmitter, name: string, deadline = defaultDeadline): Promise<unknown[]> {
  const event = new Promise<unknown[]>((resolve) => {
    emitter.once(name, (...values: unknown[]) => resolve(values))
  })
  return within(event, `the event "${name}"`, deadline)
}

/** Lets other work run for some milliseconds. Only for polls: a test that needs it to pass is wrong. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function late(what: string | (() => string), deadline: number): string {
  return `Waited ${deadline} ms in vain for ${typeof what === 'string' ? what : what()}`
}
