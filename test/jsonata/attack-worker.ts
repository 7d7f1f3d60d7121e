import { parentPort } from 'node:worker_threads'
import { compile, JsonataError } from '../../engine/jsonata/index.ts'
import { attacks } from './attacks.ts'

/** Runs all attacks in order and tells of each how it ended. */
for (const [index, { text, input }] of attacks.entries()) {
  const start = performance.now()
  let outcome: string
  try {
    const value = compile(text).evaluate(input)
    outcome = `gave ${JSON.stringify(value)?.slice(0, 100)}`
  } catch (error) {
    outcome = error instanceof JsonataError ? error.code : `threw ${String(error)}`
  }
  parentPort?.postMessage({ index, outcome, milliseconds: performance.now() - start })
}
