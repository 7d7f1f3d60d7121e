import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from '../../engine/cli/parse.ts'
import { reloadSettings } from '../../engine/cli/reload.ts'
import { readSettings } from '../../engine/cli/settings.ts'
import { startOptions } from '../../engine/cli/start-options.ts'
import { createLog } from '../../engine/observe/log.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'
import { spawnRulewire } from './child.ts'

let directory: string
let file: string
let remove: () => void
beforeEach(() => {
  const made = temporaryDirectory('reload')
  directory = made.path
  file = join(directory, 'rulewire.json')
  remove = made.remove
})
afterEach(() => remove())

describe('settings that are read again', () => {
  const running = (args: string[] = []) => {
    const parsed = parse({ command: 'start', options: startOptions, arguments: ['--config', file, ...args], env: {} })
    const { settings, entries } = readSettings(parsed)
    const lines: string[] = []
    const log = createLog({ ...settings.log, format: 'json', write: (line) => lines.push(JSON.parse(line).text) })
    const known = new Map(entries.map(({ name, value }) => [name, JSON.stringify(value)]))
    return { log, lines, reload: () => reloadSettings(parsed, known, log) }
  }

  test('change the log level; the others that changed are named', () => {
    writeFileSync(file, '{ "log": { "level": "info" } }')
    const { log, lines, reload } = running()
    writeFileSync(file, '{ "log": { "level": "debug" }, "http": { "port": 8080 }, "durability": "normal" }')
    reload()
    expect(log.level).toBe('debug')
    expect(lines).toEqual([
      'settings were read again; the log level is debug',
      'changed settings that wait for a new start: http.port, durability',
    ])
  })

  test('change nothing while the file has problems', () => {
    writeFileSync(file, '{}')
    const { log, lines, reload } = running()
    writeFileSync(file, '{ "log": { "level": "loud" } }')
    reload()
    expect(log.level).toBe('info')
    expect(lines).toEqual([
      expect.stringContaining('settings were not read again, all stays as it was'),
      expect.stringContaining(`${file}:1:12 "level" is "loud"`),
    ])
  })

  test('keep what the command line says', () => {
    writeFileSync(file, '{}')
    const { log, reload } = running(['--log-level', 'warn'])
    writeFileSync(file, '{ "log": { "level": "debug" } }')
    reload()
    expect(log.level).toBe('warn')
  })
})

test('start takes its settings from ./rulewire.json, and reads it again at SIGHUP', async () => {
  writeFileSync(
    file,
    `{
  // free ports, so that tests do not meet
  "http": { "port": 0 }, "mqtt": { "port": 0 },
  "data": "state", "log": { "format": "json" }
}`,
  )
  const child = spawnRulewire(['start'], { cwd: directory })
  try {
    await child.started()
    expect(child.out).toContain('state (durability full)')
    writeFileSync(
      file,
      '{ "http": { "port": 0 }, "mqtt": { "port": 0 }, "data": "state", "log": { "level": "error" } }',
    )
    child.process.kill('SIGHUP')
    await until(
      () => child.err.includes('changed settings that wait'),
      () => child.err,
      20_000,
    )
    expect(child.err).toContain('wait for a new start: log.format')
    const answer = await fetch(`${child.url}/api/v1/log-level`)
    expect(await answer.json()).toEqual({ level: 'error' })
    child.process.kill('SIGTERM')
    expect((await child.ended).code).toBe(0)
  } finally {
    await child.kill()
  }
}, 60_000)
