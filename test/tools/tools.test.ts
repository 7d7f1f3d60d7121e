import { execFileSync, spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { makeCertificates } from './certificates.ts'
import { startFakeBroker } from './fake-broker.ts'
import { startMosquitto } from './mosquitto.ts'
import { temporaryDirectory } from './temporary.ts'
import { until } from './wait.ts'

const publish = (port: number, ...words: string[]) =>
  execFileSync(
    '/usr/bin/mosquitto_pub',
    ['-h', '127.0.0.1', '-p', String(port), '-t', 'a', '-m', 'x', '-q', '1', ...words],
    {
      stdio: 'pipe',
      timeout: 10_000,
    },
  )

test('mosquitto starts, takes a message, stops and starts again on the same port', async () => {
  const broker = await startMosquitto({ persistent: true })
  publish(broker.port)
  await broker.restart()
  publish(broker.port)
  await broker.kill()
  expect(() => publish(broker.port)).toThrow()
  await broker.stop()
})

test('mosquitto with users and TLS lets in who knows the password', async () => {
  const directory = temporaryDirectory('certificates')
  const { authority, server } = makeCertificates(directory.path)
  const broker = await startMosquitto({
    users: { alice: 'p:ss w' },
    listener: [`certfile ${server.certificate.file}`, `keyfile ${server.key.file}`],
  })
  publish(broker.port, '--cafile', authority.file, '-u', 'alice', '-P', 'p:ss w')
  expect(() => publish(broker.port, '--cafile', authority.file, '-u', 'alice', '-P', 'wrong')).toThrow()
  await broker.stop()
  directory.remove()
})

test('the fake broker answers CONNECT and shows what came', async () => {
  const broker = await startFakeBroker({
    script: (connection, packet) => {
      if (packet.cmd !== 'publish') return false
      connection.send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 0 })
      return true
    },
  })
  const child = spawn('/usr/bin/mosquitto_pub', [
    '-h',
    '127.0.0.1',
    '-p',
    String(broker.port),
    '-t',
    'a',
    '-m',
    'x',
    '-q',
    '1',
  ])
  const connection = await broker.connection(0)
  expect((await connection.received('publish')).topic).toBe('a')
  await until(() => child.exitCode !== null, 'the end of mosquitto_pub')
  expect(child.exitCode).toBe(0)
  await broker.stop()
})
