import type { Pending } from '../run/batch.ts'
import type { Runner } from '../run/runner.ts'
import type { EngineApi } from '../server/api.ts'
import type { PublishEffect } from '../spec/context.ts'

/** Where messages that a person publishes stand as the node that asked. */
const node = 'api/publish'

/**
 * Publishes by hand, as a flow would; resolves when that is committed. Throws what `take` throws.
 *
 * @param take makes of an effect what is committed
 */
export async function publishByHand(
  { broker, topic, payload, qos, retain }: Parameters<EngineApi['publish']>[0],
  runner: Runner,
  take: (effect: PublishEffect, node: string) => Pending,
): Promise<void> {
  const pending = take({ kind: 'publish', broker, topic, payload, qos, retain }, node)
  const done = new Promise<void>((resolve) => runner.batch.after.push(resolve))
  runner.add(pending)
  runner.finish()
  await done
}
