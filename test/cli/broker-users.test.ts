import { afterEach, describe, expect, it } from 'vitest'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { startEngine, type TestEngine } from '../engine/start.ts'
import { connectRaw } from '../mqtt/broker/raw.ts'
import { rulewire } from './terminal.ts'

let server: RunningServer | undefined
let test: TestEngine | undefined
afterEach(async () => {
  await server?.close()
  await test?.close()
})

describe('C43: rulewire broker-users', () => {
  it('adds users, says what they may do, and takes it back, on a running engine', async () => {
    test = await startEngine({}, { mqtt: { host: '127.0.0.1', port: 0, anonymous: false } })
    const mqttPort = test.engine.mqttPort ?? 0
    server = await startServer({ engine: test.engine, host: '127.0.0.1', port: 0 })
    const url = `http://127.0.0.1:${server.port}`
    const ask = (words: string[], input = '') => rulewire(['broker-users', ...words, '--url', url], {}, input)
    const login = { username: 'pump', password: Buffer.from('pump-password') }

    expect((await ask(['list'])).out).toBe('0 users\n')
    const added = await ask(['add', 'pump'], 'pump-password')
    expect([added.code, added.out]).toEqual([0, 'pump is added, and may do nothing until "allow" says what\n'])
    expect((await ask(['add', 'pump'], 'pump-password')).err).toContain('There is a user "pump" already')
    expect(await (await connectRaw(mqttPort, login)).subscribe('pumps/pump/a', 0)).toBe(128)
    expect((await ask(['allow', 'pump', 'publish', 'pumps/%u/#'])).out).toBe('pump may publish to pumps/%u/#\n')
    expect((await ask(['allow', 'pump', 'subscribe', 'pumps/%u/#'])).out).toContain('publish and subscribe to')
    expect(await (await connectRaw(mqttPort, login)).subscribe('pumps/pump/a', 0)).toBe(0)
    expect((await ask(['list'])).out).toContain('both pumps/%u/#')
    expect((await ask(['allow', 'pump', 'publish', 'a/#/b'])).err).toContain('ACL_RULE')
    expect((await ask(['allow', 'pump', 'read', 'a'])).code).toBe(2)
    expect((await ask(['deny', 'pump', 'pumps'])).err).toContain('has no rule for "pumps"')
    expect((await ask(['deny', 'pump', 'pumps/%u/#'])).code).toBe(0)
    expect((await ask(['disable', 'pump'])).code).toBe(0)
    await expect(connectRaw(mqttPort, login)).rejects.toThrow('CONNACK 4')
    expect((await ask(['password', 'pmup'], 'x')).err).toContain('did you mean "pump"?')
    expect((await ask(['remove', 'pump'])).out).toBe('pump is removed\n')
    expect((await ask(['list'])).out).toBe('0 users\n')
  })
})
