/** An engine in a process of its own, which can be told to end itself: node engine-child.ts <options as JSON>. */
import { systemClock } from '../../engine/clock.ts'
import { createEngine } from '../../engine/engine.ts'
import type { Clock, FaultPoint } from '../../engine/run/ports.ts'
import type { ChildOptions, ChildReply, ChildRequest } from './engine-process.ts'
import { faultSpecs } from './specs.ts'

const options = JSON.parse(process.argv[2] ?? '') as ChildOptions // written by engine-process.ts
let armed: { point: FaultPoint; times: number } | undefined
let offset = 0
const clock: Clock = {
  now: () => systemClock.now() + offset,
  at: (time, run) => systemClock.at(time - offset, run),
  soon: systemClock.soon,
}

const engine = await createEngine({
  specs: faultSpecs,
  version: 'faults',
  flows: options.flows,
  data: options.data,
  broker: options.broker,
  connections: options.connections ?? [],
  mqtt: { host: '127.0.0.1', port: options.mqttPort ?? 0 },
  limits: options.limits ?? {},
  clock,
  log: (level, text) => process.stderr.write(`${level} ${text}\n`),
  faultPoint(point) {
    if (armed?.point !== point || --armed.times > 0) return
    process.kill(process.pid, 'SIGKILL')
  },
})
process.on('message', (request: ChildRequest) => {
  answer(request).then(
    (value) => reply({ id: request.id, value }),
    (thrown: unknown) => reply({ id: request.id, error: String(thrown) }),
  )
})
process.on('disconnect', () => process.exit(1))
reply({ id: 0, value: { mqttPort: engine.mqttPort } })

function reply(message: ChildReply): void {
  process.send?.(message)
}

async function answer(request: ChildRequest): Promise<unknown> {
  switch (request.what) {
    case 'arm':
      armed = { point: request.point, times: request.times }
      return null
    case 'jump':
      offset += request.milliseconds
      return null
    case 'state':
      return { brokers: engine.brokers(), health: engine.health(), rss: process.memoryUsage.rss() }
    case 'pages': {
      const used = Number(engine.store.database.pragma('page_count', { simple: true }))
      engine.store.database.pragma(`max_page_count = ${used + request.free}`)
      return null
    }
    case 'pragma':
      return engine.store.database.pragma(request.name, { simple: true })
    case 'put':
      await engine.flows.put(String(request.document.flow), request.document)
      return null
    case 'close':
      await engine.close()
      return null
  }
}
