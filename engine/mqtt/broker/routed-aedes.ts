import { Aedes, type AedesOptions, type PublishPacket } from 'aedes'

/**
 * aedes without its own delivery: what a client publishes has reached everybody when aedes is about to publish it, and who
 * subscribed is known to our sessions.
 */
export class RoutedAedes extends Aedes {
  constructor(options: AedesOptions) {
    super({
      // Packets behind CONNECT that wait for CONNACK; what the gate gives at once is the bound.
      queueLimit: 65_536,
      // We refuse before a message is accepted, aedes only afterwards.
      maxInflightInbound: 0,
      ...options,
    })
  }

  override publish(packet: PublishPacket, ...rest: unknown[]): void {
    // What it tells itself: heartbeats, new clients. No client hears of these.
    if (packet.topic.startsWith('$SYS/'))
      super.publish(packet, ...(rest as [() => void])) // as aedes calls itself
    else callLast(rest)
  }

  override subscribe(_topic: string, _deliver: unknown, done: () => void): void {
    done()
  }

  override unsubscribe(_topic: string, _deliver: unknown, done?: () => void): void {
    done?.()
  }
}

function callLast(values: readonly unknown[]): void {
  const done = values[values.length - 1]
  if (typeof done === 'function') done()
}
