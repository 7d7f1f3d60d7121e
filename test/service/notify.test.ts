import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { createNotifier, watchdogPause } from '../../engine/cli/notify.ts'
import { spawnRulewire } from '../cli/child.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'

/** Listens at a socket as systemd does. */
function listenAt(path: string) {
  const child = spawn('/usr/bin/python3', [join(import.meta.dirname, 'notify-socket.py'), path])
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { lines: () => text.trim().split('\n'), end: () => child.kill('SIGKILL') }
}

describe('a service manager', () => {
  test('hears that the engine is ready, that it is alive, and that it ends', async () => {
    const { path, remove } = temporaryDirectory('notify')
    const socket = join(path, 'notify')
    const manager = listenAt(socket)
    const child = spawnRulewire(['start', '--port', '0', '--mqtt-port', '0'], {
      cwd: path,
      env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '200000' },
    })
    try {
      await until(() => manager.lines().includes('listening'), 'the socket')
      await child.started()
      const said = (word: string) => manager.lines().filter((line) => line.includes(word))
      await until(
        () => said('READY=1').length === 1,
        () => manager.lines().join('\n'),
        20_000,
      )
      expect(said('READY=1')[0]).toMatch(/STATUS=Runs 3 flows; http:\/\/127\.0\.0\.1:\d+/)
      await until(
        () => said('WATCHDOG=1').length >= 3,
        () => manager.lines().join('\n'),
        20_000,
      )
      child.process.kill('SIGTERM')
      expect(await child.ended).toEqual({ code: 0, signal: null })
      await until(
        () => said('STOPPING=1').length === 1,
        () => manager.lines().join('\n'),
        20_000,
      )
      expect(child.err).not.toContain('systemd could not be told')
    } finally {
      await child.kill()
      manager.end()
      remove()
    }
  }, 60_000)

  test('that cannot be told is a warning, not an end', () => {
    const lines: string[] = []
    const notifier = createNotifier({
      env: { NOTIFY_SOCKET: '/nowhere' },
      log: (level, text) => lines.push(`${level} ${text}`),
      send: (_, done) => done(new Error('no such program')),
    })
    notifier.ready('fine')
    notifier.stopping()
    notifier.close()
    expect(lines).toEqual([
      'warn systemd could not be told READY=1: no such program',
      'warn systemd could not be told STOPPING=1: no such program',
    ])
  })

  test('that is not there is told nothing', () => {
    const send = vi.fn()
    const notifier = createNotifier({ env: {}, log: () => undefined, send })
    notifier.ready('fine')
    notifier.stopping()
    notifier.close()
    expect(send).not.toHaveBeenCalled()
  })
})

test.each([
  [{}, undefined],
  [{ WATCHDOG_USEC: '60000000' }, 30_000],
  [{ WATCHDOG_USEC: '60000000', WATCHDOG_PID: String(process.pid) }, 30_000],
  [{ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1' }, undefined],
  [{ WATCHDOG_USEC: 'x' }, undefined],
  [{ WATCHDOG_USEC: '0' }, undefined],
])('with %j a sign of life is due every %s ms', (env, pause) => {
  expect(watchdogPause(env)).toBe(pause)
})
