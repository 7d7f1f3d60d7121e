import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startOptions } from '../../engine/cli/start-options.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

const folder = join(import.meta.dirname, '..', '..', 'engine', 'service')
const unit = readFileSync(join(folder, 'rulewire.service'), 'utf8')
const settings = new Map(
  unit.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? []
    return name === '' ? [] : [[name, value] as const]
  }),
)

test('systemd finds nothing wrong with the unit, and little exposed', () => {
  const { path, remove } = temporaryDirectory('unit')
  const file = join(path, 'rulewire.service')
  // systemd looks whether the program is there: another one stands for it
  writeFileSync(file, unit.replace('ExecStart=/usr/bin/rulewire', 'ExecStart=/usr/bin/env'))
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
  expect(`${verified.stdout}${verified.stderr}`).not.toContain(file)
  expect(`${verified.stdout}${verified.stderr}`).not.toMatch(/rulewire\.service/)
  expect(verified.status).toBe(0)
  const args = ['security', '--offline=true', '--no-pager', '--threshold=20', file]
  const secured = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  remove()
  expect(secured.status, `${secured.stdout}${secured.stderr}`).toBe(0)
})

test('the unit asks for what the engine does: readiness, a watchdog, a reload, time to finish', () => {
  expect(settings.get('Type')).toBe('notify')
  expect(Number(settings.get('WatchdogSec'))).toBeGreaterThanOrEqual(30)
  expect(settings.get('ExecReload')).toContain('kill -HUP')
  expect(Number(settings.get('TimeoutStopSec'))).toBeGreaterThan(5)
  expect(settings.get('RestartPreventExitStatus')).toBe('2')
  for (const name of ['NoNewPrivileges', 'ProtectHome', 'PrivateTmp', 'PrivateDevices'])
    expect(settings.get(name)).toBe('yes')
  expect(settings.get('ProtectSystem')).toBe('strict')
  expect(settings.get('User')).toBe('rulewire')
  // The compiler of V8 writes code and runs it.
  expect(settings.has('MemoryDenyWriteExecute')).toBe(false)
  for (const [, option = ''] of settings.get('ExecStart')?.matchAll(/--([a-z-]+)/g) ?? [])
    expect(startOptions).toHaveProperty([option])
})
