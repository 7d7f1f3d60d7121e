import { compile, JsonataError } from '../../../engine/jsonata/index.ts'
import type { Outcome } from './evaluate.ts'

self.onmessage = ({ data }: MessageEvent<{ id: number; text: string; message: unknown }>) => {
  self.postMessage({ id: data.id, outcome: outcomeOf(data.text, data.message) })
}

function outcomeOf(text: string, message: unknown): Outcome {
  try {
    return { value: compile(text).evaluate(message) }
  } catch (thrown) {
    if (!(thrown instanceof JsonataError)) return { fault: thrown instanceof Error ? thrown.message : String(thrown) }
    return { fault: thrown.message, ...(thrown.position === undefined ? {} : { position: thrown.position }) }
  }
}
