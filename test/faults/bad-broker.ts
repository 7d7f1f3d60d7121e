import type { Packet } from 'mqtt-packet'
import { rowsOrNone } from '../engine/rows.ts'
import { accept, type FakeConnection, startFakeBroker } from '../tools/fake-broker.ts'
import { until } from '../tools/wait.ts'
import { compare, numbers, type Outcome } from './check.ts'
import { EngineProcess } from './engine-process.ts'
import type { Plan } from './plan.ts'
import { faultFlow, lanes } from './workload.ts'

/**
 * A broker that ignores the Receive Maximum, repeats without DUP, gives an id to another message, answers what nobody asked,
 * refuses for now and for good, and sends garbage.
 */
export async function badBroker(plan: Plan): Promise<Outcome> {
  const { random } = plan
  const published: { topic: string; n: number; id: number }[] = []
  let refuseNow = 3
  const forbidden = (n: number) => n % 100 === 99
  const script = (connection: FakeConnection, packet: Packet): boolean => {
    if (packet.cmd === 'connect') {
      const properties = { receiveMaximum: 10 }
      connection.send(accept(connection.version, { sessionPresent: connection.index > 1, properties }))
      return true
    }
    if (packet.cmd !== 'publish' && packet.cmd !== 'pubrel') return false
    const messageId = packet.messageId ?? 0
    if (packet.cmd === 'pubrel') {
      connection.send({ cmd: 'pubcomp', messageId, reasonCode: 0 })
      return true
    }
    const n = Number(JSON.parse(packet.payload.toString()).n)
    const cmd = packet.qos === 2 ? 'pubrec' : 'puback'
    // An ack of something that was never sent comes with each.
    connection.send({ cmd: 'puback', messageId: 60_000 + (messageId % 1000), reasonCode: 0 })
    if (refuseNow > 0 && random.chance(0.2)) {
      refuseNow--
      connection.send({ cmd, messageId, reasonCode: 0x97 })
    } else if (forbidden(n)) connection.send({ cmd, messageId, reasonCode: 0x87 })
    else {
      published.push({ topic: packet.topic, n, id: messageId })
      connection.send({ cmd, messageId, reasonCode: 0 })
      if (cmd === 'pubrec') connection.send({ cmd, messageId, reasonCode: 0 })
    }
    return true
  }
  const broker = await startFakeBroker({ script })
  const engine = new EngineProcess([faultFlow({ broker: 'far' })], {
    connections: [{ name: 'far', url: broker.url, reconnect: { first: 50, longest: 200 }, receiveMaximum: 20 }],
  })
  try {
    await engine.start()
    const incoming = () =>
      until(
        () => broker.connections.findLast((one) => !one.closed() && one.all('subscribe').length > 0),
        'the incoming side',
      )
    const total = 1000
    const sent = { q1: [] as number[], key: [] as number[] }
    const send = (connection: FakeConnection, path: 'q1' | 'key', n: number, messageId: number, dup: boolean) =>
      connection.send({
        cmd: 'publish',
        topic: `in/${path}/${n % lanes}`,
        payload: JSON.stringify({ n }),
        qos: 1,
        messageId,
        dup,
        retain: false,
      })
    const first = await incoming()
    for (let n = 0; n < total; n++) {
      send(first, 'q1', n, 1 + 2 * n, false)
      send(first, 'key', n, 2 + 2 * n, false)
      sent.q1.push(n)
      sent.key.push(n)
    }
    await until(
      () => first.all('puback').length >= 2 * total,
      () => `${2 * total} acks, not ${first.all('puback').length}`,
    )
    const order = first.all('puback').map(({ messageId }) => messageId ?? 0)
    const broken: string[] = []
    if (order.some((id, index) => id !== index + 1)) broken.push('acks were not in the order of receipt')
    // Garbage ends the connection. After it: repeats without DUP, and ids that DUP says are old with new messages behind them.
    first.sendBytes(Buffer.from([0xf0, 0xff, 0xff, 0xff, 0xff, 0x7f]))
    await until(() => first.closed(), 'an end of the connection')
    const second = await until(
      () =>
        broker.connections.findLast(
          (one) =>
            one !== first &&
            !one.closed() &&
            one.packets.some(({ cmd }) => cmd === 'connect') &&
            connectId(one) === connectId(first),
        ),
      'the next connection',
    )
    for (let n = 0; n < 100; n++) send(second, 'key', n, 2 + 2 * n, false)
    for (let n = total; n < total + 100; n++) {
      send(second, 'q1', n, 1 + 2 * (n - total), true)
      sent.q1.push(n)
    }
    await until(
      () => second.all('puback').length >= 200,
      () => `200 acks, not ${second.all('puback').length}`,
    )
    const refusals = () => rowsOrNone(engine.data, "SELECT message FROM rw_dead_letters WHERE code = 'PUBLISH_REFUSED'")
    const wanted = sent.q1.filter((n) => !forbidden(n))
    await until(
      () =>
        new Set(published.map(({ n }) => n)).size >= wanted.length &&
        refusals().length >= sent.q1.length - wanted.length,
      () =>
        `${wanted.length} publishes and ${sent.q1.length - wanted.length} refusals, not ${published.length} and ${refusals().length}`,
    )
    return {
      faults: `${2 * total} messages at once for a Receive Maximum of 20, 100 repeats without DUP, 100 new messages with DUP and an old id, ${3 - refuseNow} refusals for now and ${refusals().length} for good, acks for nothing, garbage`,
      paths: [
        compare('QoS 1 in -> SQLite', sent.q1, numbers(engine.data, 'q1')),
        compare('QoS 1 in, key -> SQLite', sent.key, numbers(engine.data, 'keyed')),
        compare(
          '-> MQTT out QoS 1',
          wanted,
          published.map(({ n }) => n),
          { lost: 0, repeated: Number.POSITIVE_INFINITY },
        ),
        compare(
          'refused for good -> dead letter',
          sent.q1.filter(forbidden),
          refusals().map(({ message }) => Number(JSON.parse(JSON.parse(String(message)).payload).n)),
        ),
      ],
      broken,
    }
  } finally {
    await engine.kill()
    await broker.stop()
  }
}

function connectId(connection: FakeConnection): string | undefined {
  return connection.all('connect')[0]?.clientId
}
