import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../engine/clock.ts'
import { openBrokerUsers } from '../../engine/host/broker-access.ts'
import type { PasswordHashing } from '../../engine/host/broker-logins.ts'
import { BrokerUserDesk, type BrokerUserDeskOptions } from '../../engine/host/broker-users.ts'
import type { EngineOptions, MqttOptions } from '../../engine/host/options.ts'
import { openSecrets } from '../../engine/host/secret-users.ts'
import type { Log } from '../../engine/log.ts'
import { type BrokerUserStore, brokerUsersSchema, createBrokerUserStore } from '../../engine/store/broker-users.ts'
import { openStore } from '../../engine/store/index.ts'
import { startTestBroker, type TestBroker } from '../mqtt/broker/harness.ts'
import { type ConnectOptions, connectRaw, openRaw } from '../mqtt/broker/raw.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Hashing that costs nothing and counts. */
function plainHashing(): PasswordHashing & { compared: number } {
  const hashing = {
    compared: 0,
    hash: async (password: string) => `hash of ${password}`,
    isPassword: async (password: string, stored: string) => {
      hashing.compared++
      return stored === `hash of ${password}`
    },
    decoy: () => 'hash of nothing',
  }
  return hashing
}

function newStore(): BrokerUserStore {
  const database = new Database(':memory:')
  database.exec(brokerUsersSchema)
  return createBrokerUserStore(database)
}

interface Rig {
  desk: BrokerUserDesk
  hashing: ReturnType<typeof plainHashing>
  served: TestBroker
  /** CONNACK's return code for a login. */
  code(name: string | undefined, password?: string, more?: ConnectOptions): Promise<number | undefined>
  connect(name: string, password: string, more?: ConnectOptions): ReturnType<typeof connectRaw>
}

async function setUp(options: Partial<BrokerUserDeskOptions> & { file?: string } = {}): Promise<Rig> {
  const hashing = plainHashing()
  const { file, ...rest } = options
  const desk = new BrokerUserDesk({
    store: newStore(),
    fixed: new Map(),
    anonymous: false,
    hashing,
    now: Date.now,
    log: () => undefined,
    ...rest,
  })
  const served = await startTestBroker({ users: desk, ...(file === undefined ? {} : { file }) })
  ends.push(() => served.stop())
  desk.broker = served.broker
  const login = (name: string | undefined, password = '') => ({
    clientId: `${name ?? 'nobody'}-client`,
    ...(name === undefined ? {} : { username: name, password: Buffer.from(password) }),
  })
  return {
    desk,
    hashing,
    served,
    code: async (name, password, more = {}) => {
      const { port } = served.broker
      const { returnCode } = await openRaw(port, { ...login(name, password), ...more }).take('connack')
      return returnCode
    },
    connect: (name, password, more = {}) => connectRaw(served.broker.port, { ...login(name, password), ...more }),
  }
}

const own = [{ action: 'both' as const, filter: '%u/#' }]

describe('C43: users of the broker', () => {
  it('come in with their password and do what their rules say; others and those without a login do not', async () => {
    const { desk, code, connect } = await setUp()
    await desk.put('pump', { password: 'pump-password', rules: own })
    await desk.put('fan', { password: 'fan-password', rules: own })
    expect(await code('pump', 'wrong-password')).toBe(4)
    expect(await code('nobody', 'pump-password')).toBe(4)
    expect(await code(undefined)).toBe(4)
    const pump = await connect('pump', 'pump-password')
    expect(await pump.subscribe('pump/#', 1)).toBe(1)
    expect(await pump.subscribe('fan/#', 1)).toBe(128)
    expect(await pump.subscribe('#', 1)).toBe(128)
    const fan = await connect('fan', 'fan-password')
    await fan.publish('fan/secret', 'x', 1, { retain: true })
    fan.send({ cmd: 'publish', topic: 'pump/x', payload: 'x', qos: 0, retain: false, dup: false })
    await until(() => fan.closed, 'the connection to end')
    await pump.ping()
    expect(pump.received).toEqual([])
    expect(desk.list()).toMatchObject([
      { name: 'fan', password: true, clients: 0 },
      { name: 'pump', clients: 1 },
    ])
    expect(JSON.stringify(desk.list())).not.toContain('hash of')
  })

  it('cannot leave a will where they may not publish, also when the rules change meanwhile', async () => {
    const { desk, served, code, connect } = await setUp()
    await desk.put('pump', { password: 'pump-password', rules: own })
    const will = (topic: string) => ({ will: { topic, payload: Buffer.from('gone'), qos: 0 as const, retain: true } })
    expect(await code('pump', 'pump-password', will('fan/state'))).toBe(5)
    const watcher = await connectRaw(served.broker.connect(), { clientId: 'engine' })
    await watcher.subscribe('#', 0)
    const pump = await connect('pump', 'pump-password', will('pump/state'))
    await desk.put('pump', { rules: [{ action: 'publish', filter: 'other' }] })
    await until(() => pump.closed, 'the connection to end')
    await until(() => served.broker.clients().every(({ user }) => user !== 'pump'), 'the client to be gone')
    await watcher.ping()
    expect(watcher.received).toEqual([])
    expect(served.broker.retained).toBe(0)
  })

  it('lose their connection when they are changed, disabled or removed, and get no retained message they may not have', async () => {
    const { desk, served, code, connect } = await setUp()
    await desk.put('pump', { password: 'pump-password', rules: [{ action: 'both', filter: '#' }] })
    const engine = await connectRaw(served.broker.connect(), { clientId: 'engine' })
    await engine.publish('fan/secret', 'x', 1, { retain: true })
    await engine.publish('pump/own', 'y', 1, { retain: true })
    const first = await connect('pump', 'pump-password')
    await desk.put('pump', { rules: own })
    await until(() => first.closed, 'the connection to end')
    const second = await connect('pump', 'pump-password')
    expect(await second.subscribe('#', 0)).toBe(128)
    expect(await second.subscribe('pump/#', 0)).toBe(0)
    expect((await second.take('publish')).topic).toBe('pump/own')
    await desk.put('pump', { disabled: true })
    await until(() => second.closed, 'the connection to end')
    expect(await code('pump', 'pump-password')).toBe(4)
    await desk.put('pump', { disabled: false, password: 'another-password' })
    expect(await code('pump', 'pump-password')).toBe(4)
    const third = await connect('pump', 'another-password')
    desk.remove('pump')
    await until(() => third.closed, 'the connection to end')
    expect(await code('pump', 'another-password')).toBe(4)
  })

  it('own their sessions: nobody takes over the connection or the messages of another user', async () => {
    const { desk, served, code, connect } = await setUp()
    await desk.put('pump', { password: 'pump-password', rules: own })
    await desk.put('thief', { password: 'thief-password', rules: [{ action: 'both', filter: '#' }] })
    const shared = { clientId: 'shared', clean: false }
    const pump = await connect('pump', 'pump-password', shared)
    await pump.subscribe('pump/#', 1)
    expect(await code('thief', 'thief-password', { clientId: 'shared' })).toBe(2)
    await pump.ping()
    await pump.disconnect()
    const engine = await connectRaw(served.broker.connect(), { clientId: 'engine' })
    await engine.publish('pump/secret', 'for the pump', 1)
    expect(await code('thief', 'thief-password', shared)).toBe(2)
    expect(await code('thief', 'thief-password', { clientId: 'shared', clean: true })).toBe(2)
    const again = await connect('pump', 'pump-password', shared)
    expect(again.sessionPresent).toBe(true)
    expect(String((await again.take('publish')).payload)).toBe('for the pump')
    // Of a user that is gone nothing is left for the next one with that client id.
    await engine.publish('pump/secret', 'also for the pump', 1)
    desk.remove('pump')
    await until(() => again.closed, 'the connection to end')
    const thief = await connect('thief', 'thief-password', shared)
    expect(thief.sessionPresent).toBe(false)
    await thief.ping()
    expect(thief.received).toEqual([])
  })

  it('keep their connection without a session too: nobody else comes with its client id meanwhile', async () => {
    const { desk, code, connect } = await setUp()
    await desk.put('pump', { password: 'pump-password', rules: own })
    await desk.put('thief', { password: 'thief-password', rules: own })
    const shared = { clientId: 'shared' }
    const pump = await connect('pump', 'pump-password', shared)
    expect(await code('thief', 'thief-password', shared)).toBe(2)
    await pump.ping()
    await pump.disconnect()
    await until(async () => (await code('thief', 'thief-password', shared)) === 0, 'the id to be free')
  })

  it('lose what waits for them when they may not subscribe to it any more', async () => {
    const { desk, served, connect } = await setUp()
    await desk.put('pump', { password: 'pump-password', rules: [{ action: 'both', filter: '#' }] })
    const lasting = { clean: false }
    const pump = await connect('pump', 'pump-password', lasting)
    await pump.subscribe('fan/#', 1)
    await pump.disconnect()
    const engine = await connectRaw(served.broker.connect(), { clientId: 'engine' })
    await engine.publish('fan/secret', 'x', 1)
    await desk.put('pump', { rules: own })
    const again = await connect('pump', 'pump-password', lasting)
    await again.ping()
    expect([again.sessionPresent, again.received]).toEqual([false, []])
  })

  it('keep their sessions over a restart of the broker, with their owner', async () => {
    const store = newStore()
    const first = await setUp({ store })
    await first.desk.put('pump', { password: 'pump-password', rules: own })
    await first.desk.put('fan', { password: 'fan-password', rules: own })
    const shared = { clientId: 'shared', clean: false }
    const pump = await first.connect('pump', 'pump-password', shared)
    await pump.subscribe('pump/#', 1)
    await pump.disconnect()
    const { file } = first.served
    await first.served.stop()
    ends.pop()
    const second = await setUp({ store, file })
    expect(await second.code('fan', 'fan-password', shared)).toBe(2)
    expect((await second.connect('pump', 'pump-password', shared)).sessionPresent).toBe(true)
  })

  it('leave no messages to whoever comes without a login once they are gone from the config file', async () => {
    const store = newStore()
    const fixed = new Map([['pump', { password: () => 'pump-password', rules: own }]])
    const first = await setUp({ store, fixed, anonymous: true })
    const shared = { clientId: 'shared', clean: false }
    const pump = await first.connect('pump', 'pump-password', shared)
    await pump.subscribe('pump/#', 1)
    await pump.disconnect()
    const engine = await connectRaw(first.served.broker.connect(), { clientId: 'engine' })
    await engine.publish('pump/secret', 'for the pump', 1)
    const { file } = first.served
    await first.served.stop()
    ends.pop()
    const { served } = await setUp({ store, file, anonymous: true })
    const stranger = await connectRaw(served.broker.port, shared)
    expect(stranger.sessionPresent).toBe(false)
    await stranger.ping()
    expect(stranger.received).toEqual([])
  })
})

it('C43: whose session a client id was is forgotten with the session, so that many client ids fill nothing', async () => {
  const store = newStore()
  const { desk, served, connect } = await setUp({ store })
  await desk.put('pump', { password: 'pump-password', rules: own })
  for (const clientId of ['a', 'b', 'c']) {
    const client = await connect('pump', 'pump-password', { clientId, clean: false })
    await client.ping()
    await client.disconnect()
  }
  const kept = await connect('pump', 'pump-password', { clientId: 'kept', clean: false })
  await kept.subscribe('pump/#', 1)
  await kept.disconnect()
  await until(() => served.broker.clients().length === 0, 'all to be gone')
  expect([...store.owners()]).toEqual([['kept', 'pump']])
})

describe('C43: without a login', () => {
  it('everything is possible where that was said, with unknown names too, but not as a user that there is', async () => {
    const { desk, code, connect } = await setUp({ anonymous: true })
    await desk.put('pump', { password: 'pump-password', rules: own })
    expect(await code(undefined)).toBe(0)
    const tasmota = await connect('DVES_USER', 'DVES_PASS')
    expect(await tasmota.subscribe('#', 0)).toBe(0)
    expect(await code('pump', 'DVES_PASS')).toBe(4)
    expect(await (await connect('pump', 'pump-password')).subscribe('#', 0)).toBe(128)
  })
})

describe('C11, C43: logins of MQTT clients', () => {
  it('that are right are hashed once, however many devices come back with them at once', async () => {
    const { desk, hashing, connect } = await setUp()
    await desk.put('device', { password: 'device-password', rules: own })
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => connect('device', 'device-password', { clientId: `d${index}` })),
    )
    expect(hashing.compared).toBe(1)
    await desk.put('device', { password: 'other-password' })
    await connect('device', 'other-password')
    expect(hashing.compared).toBe(2)
  })

  it('that are wrong wait longer and longer, and keep no other user of that address out', async () => {
    let now = 1_000_000
    const { desk, hashing, code } = await setUp({ now: () => now })
    await desk.put('pump', { password: 'pump-password', rules: own })
    await desk.put('fan', { password: 'fan-password', rules: own })
    const codes: (number | undefined)[] = []
    for (let count = 0; count < 8; count++) codes.push(await code('pump', `wrong-${count}`))
    expect(codes).toEqual([4, 4, 4, 4, 4, 4, 3, 3])
    expect(hashing.compared).toBe(6)
    // The right one has to wait as well, so that nobody can tell by it.
    expect(await code('pump', 'pump-password')).toBe(3)
    expect(await code('fan', 'fan-password')).toBe(0)
    now += 61_000
    expect(await code('pump', 'pump-password')).toBe(0)
  })

  it('that are wrong and come all at once do not slip through', async () => {
    const { desk, hashing } = await setUp({ now: () => 1_000_000 })
    await desk.put('pump', { password: 'pump-password', rules: own })
    const attempts = Array.from({ length: 50 }, (_, count) => ({
      name: 'pump',
      address: '192.0.2.1',
      password: Buffer.from(`wrong-${count}`),
      clientId: `pump-${count}`,
      certificate: undefined,
    }))
    const answers = await Promise.all(attempts.map((attempt) => desk.authenticate(attempt)))
    expect(answers.filter((answer) => answer === false)).toHaveLength(6)
    expect(hashing.compared).toBe(6)
  })

  it('that are guessed get no answer sooner for having been right before; one wrong password over and over is no guess', async () => {
    let now = 1_000_000
    const { desk, code, connect } = await setUp({ now: () => now })
    await desk.put('pump', { password: 'pump-password', rules: own })
    const right = () => code('pump', 'pump-password')
    await connect('pump', 'pump-password')
    for (let count = 0; count < 50; count++) await code('pump', 'of-last-year')
    expect(await right()).toBe(0)
    for (let count = 0; count < 30; count++) await code('pump', `guess-${count}`)
    expect(await right()).toBe(3)
    now += 61_000
    expect([await right(), await right()]).toEqual([0, 0])
  })

  it('of names that do not exist cost as much as wrong ones, also of users of the config file', async () => {
    const fixed = new Map([['written', { password: () => 'some-password', rules: own }]])
    const { hashing, code } = await setUp({ fixed })
    expect(await code('nobody', 'some-password')).toBe(4)
    expect(hashing.compared).toBe(1)
    expect(await code('written', 'wrong-password')).toBe(4)
    expect(hashing.compared).toBe(2)
    expect(await code('written', 'some-password')).toBe(0)
  })
})

describe('a user of the broker', () => {
  it('is refused with a wrong name, rule or password, in words', async () => {
    const { desk } = await setUp({ fixed: new Map([['written', { rules: [] }]]) })
    await expect(desk.put('a/b', {})).rejects.toMatchObject({ code: 'BROKER_USER' })
    await expect(desk.put('written', {})).rejects.toMatchObject({ code: 'BROKER_USER' })
    await expect(desk.put('pump', { rules: [{ action: 'both', filter: 'a/#/b' }] })).rejects.toMatchObject({
      code: 'ACL_RULE',
    })
    await expect(desk.put('pump', { password: 'short' })).rejects.toMatchObject({ code: 'PASSWORD_LENGTH' })
    expect(() => desk.remove('pmup')).toThrow('There is no user of the broker "pmup"')
    expect(desk.list()).toEqual([
      { name: 'written', password: false, disabled: false, rules: [], fixed: true, clients: 0 },
    ])
  })

  it('of the config file logs in with its secret, as that is at the moment', async () => {
    let secret: string | undefined = 'first'
    const { code } = await setUp({ fixed: new Map([['written', { password: () => secret, rules: own }]]) })
    expect(await code('written', 'first')).toBe(0)
    secret = 'second'
    expect(await code('written', 'first')).toBe(4)
    expect(await code('written', 'second')).toBe(0)
    secret = undefined
    expect(await code('written', 'second')).toBe(4)
    expect(await code('written', '')).toBe(4)
  })
})

describe('C43: off loopback', () => {
  const strangers = async (mqtt: Partial<MqttOptions>) => {
    const data = temporaryDirectory('access').path
    const store = openStore(data)
    const lines: string[] = []
    const log: Log = (level, text) => lines.push(`${level} ${text}`)
    const options: EngineOptions = {
      specs: new Map(),
      version: '0',
      flows: data,
      data,
      mqtt: { host: '127.0.0.1', port: 0, ...mqtt },
    }
    const secrets = openSecrets(options, store, systemClock, log)
    const desk = openBrokerUsers(options, { store, secrets, clock: systemClock, log })
    const login = { name: undefined, password: undefined, clientId: 'c', certificate: undefined, address: '10.0.0.1' }
    const answer = await desk.authenticate(login)
    store.close()
    return { answer, rights: desk.mayPublish(undefined, 'a', 'c'), lines }
  }

  it('nobody comes in without a login unless that was said, and both are told', async () => {
    expect(await strangers({ host: '127.0.0.1' })).toEqual({ answer: { user: undefined }, rights: true, lines: [] })
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'rules.example']) {
      const { answer, rights, lines } = await strangers({ host })
      expect([answer, rights]).toEqual([false, false])
      expect(lines).toEqual([
        'warn nobody can log in to the broker yet: add a user with "rulewire broker-users add NAME"',
      ])
    }
    const open = await strangers({ host: '0.0.0.0', anonymous: true })
    expect(open).toMatchObject({ answer: { user: undefined }, rights: true })
    expect(open.lines[0]).toContain('asks for no login')
    expect(await strangers({ anonymous: false })).toMatchObject({ answer: false, rights: false })
  })
})
