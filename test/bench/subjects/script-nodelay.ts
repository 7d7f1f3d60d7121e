/** The hand-written script with Nagle's algorithm turned off, which MQTT.js leaves on. node script-nodelay.ts PORT QOS */
import { Socket } from 'node:net'
import mqtt from 'mqtt'

const [port, qosText] = process.argv.slice(2)
const qos = qosText === '1' ? 1 : 0
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`)
client.on('connect', () => {
  if (client.stream instanceof Socket) client.stream.setNoDelay(true)
  client.subscribe('sensors/+/climate', { qos })
})
client.on('message', (_topic, bytes) => {
  const payload = JSON.parse(bytes.toString())
  if (!(payload.temperature > 30)) return
  const alert = {
    device: payload.device,
    alert: 'high',
    value: Math.round(payload.temperature * 10) / 10,
    f: (payload.temperature * 9) / 5 + 32,
  }
  client.publish(`alerts/${payload.device}`, JSON.stringify(alert), { qos })
})
