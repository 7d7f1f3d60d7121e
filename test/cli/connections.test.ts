import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startMosquitto } from '../tools/mosquitto.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'
import { type Child, spawnRulewire } from './child.ts'

test('a connection of the config file gets in with a password that is a secret', async () => {
  const { path, remove } = temporaryDirectory('connections')
  const broker = await startMosquitto({ users: { plant: 'canary-of-plant' } })
  const file = join(path, 'settings.json')
  const url = `mqtt://127.0.0.1:${broker.port}`
  writeFileSync(
    file,
    JSON.stringify({
      http: { port: 0 },
      connections: { default: { url, username: 'plant', password: { $secret: 'plant-password' }, protocol: '3.1.1' } },
    }),
  )
  const start = (env: Record<string, string>) => spawnRulewire(['start', '--config', file], { cwd: path, env })
  let child: Child | undefined
  try {
    child = start({})
    await until(
      () => child?.err.includes('The secret "plant-password" is not set'),
      () => `${child?.out}${child?.err}`,
      20_000,
    )
    await child.kill()
    child = start({ RULEWIRE_SECRET_PLANT_PASSWORD: 'canary-of-plant' })
    await child.started()
    const ready = async () => (await fetch(`${child?.url}/readyz`)).status === 200
    await until(ready, () => `${child?.err}\n${broker.log()}`, 20_000)
    expect(child.err).toContain('MQTT 3.1.1')
    expect(`${child.out}${child.err}`).not.toContain('canary')
    child.process.kill('SIGTERM')
    expect((await child.ended).code).toBe(0)
  } finally {
    await child?.kill()
    await broker.stop()
    remove()
  }
}, 60_000)
