import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { commandLineSettings } from '../../engine/config/index.ts'
import { startServer } from '../../engine/server/server.ts'
import { fakeEngine } from '../server/fake.ts'
import { freePort } from '../tools/port.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'engine', 'service')
const healthcheck = join(folder, 'healthcheck.mjs')

/** The instructions of the Containerfile, each as one line. */
const instructions = readFileSync(join(folder, 'Containerfile'), 'utf8')
  .replace(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [, word = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? []
    return { word, rest: rest.replace(/ +/g, ' ').trim() }
  })
const of = (word: string) => instructions.filter((one) => one.word === word).map(({ rest }) => rest)

test('the container is built in stages, runs as nobody special, and is looked after', () => {
  expect(instructions.every(({ word }) => word !== '')).toBe(true)
  expect(of('FROM')).toHaveLength(2)
  for (const image of of('FROM')) expect(image).toMatch(/^docker\.io\/library\/node:24-/)
  expect(of('USER')).toEqual(['10870:10870'])
  expect(of('HEALTHCHECK')[0]).toContain('healthcheck.mjs')
  // PID 1 is Node itself, so the signal reaches it
  expect(JSON.parse(of('ENTRYPOINT')[0] ?? '')).toEqual(['node', '/opt/rulewire/dist/engine/main.js'])
})

test('everything that is copied into the container is in the checkout, and every variable is one of ours', () => {
  const copied = of('COPY').filter((rest) => !rest.startsWith('--from'))
  expect(copied.length).toBeGreaterThan(5)
  for (const names of copied.map((rest) => rest.split(' ').slice(0, -1))) {
    for (const name of names) expect(existsSync(join(root, name)), name).toBe(true)
  }
  const known = ['NODE_ENV', ...commandLineSettings().map(({ line }) => line.variable)]
  const variables = [
    ...of('ENV')
      .join(' ')
      .matchAll(/(\w+)=/g),
  ].map(([, name]) => name)
  expect(variables.length).toBeGreaterThan(3)
  expect(known).toEqual(expect.arrayContaining(variables))
})

test('the health check ends with 0 while the engine answers, and with 1 when nobody does', async () => {
  const port = await freePort()
  const check = () =>
    promisify(execFile)(process.execPath, [healthcheck], { env: { ...process.env, RULEWIRE_PORT: String(port) } }).then(
      () => 0,
      (fault: { code: number }) => fault.code,
    )
  expect(await check()).toBe(1)
  const server = await startServer({ engine: fakeEngine(), host: '127.0.0.1', port })
  expect(await check()).toBe(0)
  await server.close()
})
