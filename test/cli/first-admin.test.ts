import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ask } from '../server/ask.ts'
import { cookieOf, password } from '../server/people.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { within } from '../tools/wait.ts'
import { type Child, spawnRulewire } from './child.ts'
import { rulewire } from './terminal.ts'

const { path: directory, remove } = temporaryDirectory('first-admin')
const data = join(directory, 'data')
const children: Child[] = []
afterAll(async () => {
  await Promise.all(children.map((child) => child.kill()))
  remove()
})

async function start(...more: string[]): Promise<{ child: Child; port: number }> {
  const args = [
    'start',
    '--flows',
    'flows',
    '--data',
    data,
    '--port',
    '0',
    '--mqtt-host',
    '127.0.0.1',
    '--mqtt-port',
    '0',
  ]
  mkdirSync(join(directory, 'flows'), { recursive: true })
  const child = spawnRulewire([...args, ...more], { cwd: directory })
  children.push(child)
  await child.started()
  return { child, port: Number(new URL(child.url).port) }
}

test('C2, C3, C5: the first start for others shows a setup token once, and a lost password is set anew on the console', async () => {
  const { child, port } = await start('--host', '0.0.0.0', '--insecure-http')
  const file = join(data, 'setup-token')
  const token = readFileSync(file, 'utf8').trim()
  expect(child.out).toContain(token)
  expect(child.err).not.toContain(token)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(data).mode & 0o777).toBe(0o700)
  expect((await ask(port, 'GET', '/api/v1/flows')).json.code).toBe('SETUP_NEEDED')
  const done = await ask(port, 'POST', '/api/v1/setup', { body: { token, name: 'anna', password } })
  expect(done.status).toBe(200)
  expect(existsSync(file)).toBe(false)
  expect((await ask(port, 'GET', '/api/v1/flows', { headers: { cookie: cookieOf(done) } })).status).toBe(200)

  const locked = await rulewire(['users', 'password', 'anna', '--data', data], {}, 'another password')
  expect(locked.err).toContain('rulewire: DATA_LOCKED')
  child.process.kill('SIGTERM')
  await within(child.ended, 'the end', 20_000)
  const set = await rulewire(['users', 'password', 'anna', '--data', data], {}, 'another password')
  expect(set.out).toBe('anna has a new password; all sessions have ended\n')

  // On a loopback address too, now that there are users.
  const next = await start()
  expect(next.child.out).not.toContain('setup token')
  expect(existsSync(file)).toBe(false)
  expect((await ask(next.port, 'GET', '/api/v1/flows')).json.code).toBe('LOGIN_NEEDED')
  const cookie = cookieOf(done).replace(String(port), String(next.port))
  expect((await ask(next.port, 'GET', '/api/v1/flows', { headers: { cookie } })).status).toBe(401)
  const login = { name: 'anna', password: 'another password' }
  expect((await ask(next.port, 'POST', '/api/v1/login', { body: login })).status).toBe(200)
})

test('C1: editor and broker listen on 127.0.0.1 alone unless told otherwise', async () => {
  const args = ['start', '--flows', 'flows', '--data', join(directory, 'other'), '--port', '0', '--mqtt-port', '0']
  const child = spawnRulewire(args, { cwd: directory })
  children.push(child)
  await child.started()
  // The whole of 127.0.0.0/8 is this machine: a server on all addresses would answer here too.
  for (const port of [Number(new URL(child.url).port), Number(child.mqttPort)]) {
    expect(await reaches('127.0.0.1', port)).toBe(true)
    expect(await reaches('127.0.0.2', port)).toBe(false)
  }
  for (const name of readdirSync(join(directory, 'other'))) {
    expect(statSync(join(directory, 'other', name)).mode & 0o077, `C5: ${name}`).toBe(0)
  }
})

test.each([
  [['--host', '0.0.0.0'], 'INSECURE_HTTP'],
  [['--host', '0.0.0.0', '--behind-proxy'], 'INSECURE_MQTT'],
])('C2: %j is not enough: %s', async (args, code) => {
  const { code: exit, err } = await rulewire(['start', ...args])
  expect(exit).toBe(2)
  expect(err).toContain(`rulewire: ${code} `)
})

function reaches(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
