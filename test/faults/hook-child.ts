/** An engine with its HTTP server in a process of its own, to be killed: node hook-child.ts <flows> <data> [fault point]. */
import { createEngine } from '../../engine/engine.ts'
import { startServer } from '../../engine/server/server.ts'
import { nodeSpecs } from '../../nodes/index.ts'

const [, , flows = '', data = '', point = ''] = process.argv
let left = 20
const engine = await createEngine({
  specs: nodeSpecs,
  version: 'faults',
  flows,
  data,
  mqtt: { host: '127.0.0.1', port: 0 },
  faultPoint(reached) {
    if (reached === point && --left === 0) process.kill(process.pid, 'SIGKILL')
  },
})
const server = await startServer({ engine, host: '127.0.0.1', port: 0 })
process.on('disconnect', () => process.exit(1))
process.send?.(server.port)
