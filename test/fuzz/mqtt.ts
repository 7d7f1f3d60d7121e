import { connect } from 'node:net'
import { generate, type Packet } from 'mqtt-packet'
import type { Random } from '../jsonata/random.ts'
import { until } from '../tools/wait.ts'
import { mutateBytes, wild } from './mutate.ts'
import type { Target } from './target.ts'

/** A client's whole session with bytes changed, over TCP, to the embedded broker. */
export async function attackBroker({ mqttPort }: Target, random: Random, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    const socket = connect(mqttPort, '127.0.0.1')
    let ended = false
    socket.on('error', () => undefined)
    socket.once('close', () => {
      ended = true
    })
    socket.resume()
    const bytes = Buffer.concat(clientPackets(random).map((packet) => generate(packet)))
    socket.end(mutateBytes(bytes, random))
    if (random.chance(0.5)) socket.destroy()
    await until(() => ended, 'the end of a broken MQTT connection', 60_000)
  }
}

/** What a broker sends, with bytes changed, to the engine's own connections. */
export async function attackClient({ broker }: Target, random: Random, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    const connected = broker.connections.filter((one) => !one.closed() && one.all('connect').length > 0)
    if (connected.length === 0)
      await until(() => broker.connections.some((one) => !one.closed()), 'a connection', 120_000)
    const open = random.pick(connected)
    if (open === undefined) continue
    const packets = random.list(1 + random.below(5), () => random.pick(brokerPackets(random)))
    const bytes = Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: open.version })))
    open.sendBytes(random.chance(0.9) ? bytes : mutateBytes(bytes, random))
    if (random.chance(0.02)) open.socket.destroy()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function clientPackets(random: Random): Packet[] {
  return [
    {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: random.chance(0.5),
      keepalive: random.below(3),
      clientId: `fuzz-${random.below(20)}`,
      username: 'name',
      password: Buffer.from('word'),
      will: { topic: 'fuzz/will', payload: Buffer.from('gone'), qos: 2, retain: true },
    },
    { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: random.pick(['fuzz/#', '+/+', '$SYS/#']), qos: 2 }] },
    { cmd: 'publish', topic: 'fuzz/a', payload: text(random), qos: 0, retain: true, dup: false },
    {
      cmd: 'publish',
      topic: 'fridges/1/climate',
      payload: text(random),
      qos: 1,
      retain: false,
      dup: false,
      messageId: 2,
    },
    {
      cmd: 'publish',
      topic: `fuzz/${random.below(1000)}`,
      payload: text(random),
      qos: 2,
      retain: true,
      dup: true,
      messageId: 3,
    },
    { cmd: 'pubrel', messageId: 3 },
    { cmd: 'pubrec', messageId: 1 },
    { cmd: 'pubcomp', messageId: 1 },
    { cmd: 'puback', messageId: 2 },
    { cmd: 'pingreq' },
    { cmd: 'unsubscribe', messageId: 4, unsubscriptions: ['fuzz/#'] },
    { cmd: 'disconnect' },
  ]
}

function brokerPackets(random: Random): Packet[] {
  const messageId = 1 + random.below(40)
  const publish = {
    cmd: 'publish',
    topic: `fuzz/${random.below(50)}`,
    payload: text(random),
    retain: random.chance(0.2),
  } as const
  return [
    { ...publish, qos: 0, dup: false },
    { ...publish, qos: 1, dup: random.chance(0.3), messageId },
    { ...publish, qos: 2, dup: random.chance(0.3), messageId },
    { cmd: 'pubrel', messageId },
    { cmd: 'puback', messageId },
    { cmd: 'pubrec', messageId },
    { cmd: 'pubcomp', messageId },
    { cmd: 'suback', messageId, granted: [random.pick([0, 1, 2, 128])] },
    { cmd: 'unsuback', messageId, granted: [0] },
    { cmd: 'pingresp' },
    { cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: random.chance(0.5) },
  ]
}

function text(random: Random): string {
  const value = random.chance(0.5) ? { temperature: random.below(50), odd: wild(random) } : wild(random)
  return (JSON.stringify(value) ?? '').slice(0, 20_000)
}
