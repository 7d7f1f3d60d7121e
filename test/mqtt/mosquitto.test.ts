import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Mosquitto, startMosquitto } from '../tools/mosquitto.ts'
import { until } from '../tools/wait.ts'
import { configOf, openIncoming, openOutgoing } from './tools.ts'

let broker: Mosquitto
const open: { close(): Promise<void> }[] = []
let ids = 0
const uniqueId = () => `engine-${++ids}`

beforeAll(async () => {
  broker = await startMosquitto({ config: ['max_queued_messages 100000'] })
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((link) => link.close()))
})
afterAll(() => broker.stop())

function incoming(...parameters: Parameters<typeof openIncoming>) {
  const side = openIncoming(...parameters)
  open.push(side.link)
  return side
}

function outgoing(...parameters: Parameters<typeof openOutgoing>) {
  const side = openOutgoing(...parameters)
  open.push(side.link)
  return side
}

describe.each([4, 5] as const)('with mosquitto and MQTT version %i', (protocolVersion) => {
  const config = (clientId = uniqueId()) => configOf(broker.url, { protocolVersion, clientId })

  test('messages of each QoS arrive once, with their topic, payload, QoS and retain', async () => {
    const side = incoming(config(), { settle: true, filters: { 'a/+': 2 } })
    await side.connected()
    const out = outgoing(config())
    await out.connected()
    await until(() => broker.log().includes('a/+ (QoS 2)'), 'the subscription')
    out.link.publish([{ topic: 'a/0', payload: 'zero', retain: false }])
    out.outbox.add({ topic: 'a/1', payload: 'one', qos: 1 })
    out.outbox.add({ topic: 'a/2', payload: Buffer.from('zw\u00f6lf'), qos: 2 })
    out.link.wake()
    await out.drained()
    await until(() => side.publishes().length === 3 && side.received.length === 4, 'three messages and a release')
    const seen = side.publishes().sort((left, right) => left.qos - right.qos)
    expect(
      seen.map(({ topic, payload, qos, retain, duplicate }) => [
        topic,
        Buffer.from(payload).toString(),
        qos,
        retain,
        duplicate,
      ]),
    ).toEqual([
      ['a/0', 'zero', 0, false, false],
      ['a/1', 'one', 1, false, false],
      ['a/2', 'zwölf', 2, false, false],
    ])
    expect(side.link.state()).toMatchObject({ status: 'connected', protocolVersion })
  })
})
