/** An engine in a process of its own that tells the most it held, MB: node --expose-gc retained-child.ts <options as JSON>. */
import { createEngine } from '../../engine/engine.ts'
import { nodeSpecs } from '../../nodes/index.ts'

const options = JSON.parse(process.argv[2] ?? '') as { flows: string; data: string; broker?: string; wanted: number }
const engine = await createEngine({
  specs: nodeSpecs,
  version: 'faults',
  flows: options.flows,
  data: options.data,
  broker: options.broker,
  // The disk is not what this is about.
  durability: 'normal',
  mqtt: { host: '127.0.0.1', port: 0 },
  log: (level, text) => process.stderr.write(level === 'error' ? `${text}\n` : ''),
})
process.on('disconnect', () => process.exit(1))
process.send?.({ port: engine.mqttPort })
let live = 0
const looking = setInterval(() => {
  global.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  live = Math.max(live, Math.round((heapUsed + external) / 2 ** 20))
  const { messages = 0, errors = 0 } = engine.statistics()['all/kept'] ?? {}
  if (messages < options.wanted) return
  clearInterval(looking)
  const letters = engine.deadLetters.list({}).total
  engine.close().then(() => process.send?.({ messages, errors, letters, live }, () => process.exit(0)))
}, 500)
