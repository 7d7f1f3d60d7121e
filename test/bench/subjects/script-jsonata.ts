/** The same rule with the jsonata library. node script-jsonata.ts PORT QOS */
import jsonata from 'jsonata'
import mqtt from 'mqtt'
import { alertExpression } from '../rule.ts'

const [port, qosText] = process.argv.slice(2)
const qos = qosText === '1' ? 1 : 0
const condition = jsonata('payload.temperature > 30')
const alert = jsonata(alertExpression)
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`)
client.on('connect', () => client.subscribe('sensors/+/climate', { qos }))
client.on('message', async (topic, bytes) => {
  const message = { topic, payload: JSON.parse(bytes.toString()) }
  if ((await condition.evaluate(message)) !== true) return
  client.publish(`alerts/${message.payload.device}`, JSON.stringify(await alert.evaluate(message)), { qos })
})
