import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { ConnectionConfig, ConnectionState } from '../../engine/mqtt/contract.ts'
import { mqttLinks } from '../../engine/mqtt/index.ts'
import { createDialer } from '../../engine/net/dialer.ts'
import { brokerEgress, flowEgress } from '../../engine/net/egress.ts'
import { startEngine } from '../engine/start.ts'
import { makeCertificates } from '../tools/certificates.ts'
import { startMosquitto } from '../tools/mosquitto.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A mosquitto with TLS that wants a client certificate. */
async function secureBroker(names?: string[]) {
  const certificates = makeCertificates(temporaryDirectory('authority').path, names)
  const broker = await startMosquitto({
    listener: [
      `cafile ${certificates.authority.file}`,
      `certfile ${certificates.server.certificate.file}`,
      `keyfile ${certificates.server.key.file}`,
      'require_certificate true',
    ],
  }).catch((thrown) => {
    throw thrown
  })
  ends.push(() => broker.stop())
  return { certificates, broker, url: `mqtts://127.0.0.1:${broker.port}` }
}

/** Connects and gives what is said of the connection and the log. */
function connectTo(config: Partial<ConnectionConfig> & { url: string }) {
  const lines: string[] = []
  let state: ConnectionState | undefined
  const link = mqttLinks.incoming({
    config: { name: 'secure', clientId: 'tls-test', reconnect: { first: 20, longest: 50 }, ...config },
    now: Date.now,
    onReceived: () => undefined,
    onState: (next) => {
      state = next
    },
    log: (level, text) => lines.push(`${level} ${text}`),
  })
  ends.push(() => link.close())
  link.subscribe(new Map())
  return { link, lines, state: () => state }
}

describe('C20: a connection to a broker', () => {
  it('checks the certificate unless told in words, and then that is visible everywhere', async () => {
    const { certificates, url } = await secureBroker()
    const { client, authority } = certificates
    const own = { cert: client.certificate.text, key: client.key.text }
    const strange = connectTo({ url, tls: own })
    await until(() => strange.state()?.detail, 'a reason')
    expect(strange.state()?.detail).toContain('is signed by nobody we trust')
    const checked = connectTo({ url, tls: { ...own, ca: authority.text } })
    await until(() => checked.state()?.status === 'connected', 'the connection')
    expect(checked.lines.join('\n')).not.toContain('is not checked')

    const test = await startEngine(
      {},
      {
        broker: url,
        brokerAccess: { tls: { ...own, rejectUnauthorized: false }, reconnect: { first: 20, longest: 50 } },
      },
    )
    ends.push(() => test.close())
    await until(() => test.engine.brokers()[0]?.incoming.status === 'connected', 'the connection')
    expect(test.engine.brokers()).toMatchObject([{ name: 'default', insecure: true }])
    expect(test.log.some(({ level, text }) => level === 'warn' && text.includes('is not checked: whoever'))).toBe(true)
  })

  it('checks that the certificate is for the host that was asked for', async () => {
    const { certificates, url } = await secureBroker(['DNS:other.example'])
    const { client, authority } = certificates
    const tls = { ca: authority.text, cert: client.certificate.text, key: client.key.text }
    const { state } = connectTo({ url, tls })
    await until(() => state()?.detail, 'a reason')
    expect(state()?.detail).toContain('is for another host')
  })

  it('shows its own certificate, and takes a renewed one from its files at the next connection', async () => {
    const { certificates, broker, url } = await secureBroker()
    const { path } = temporaryDirectory('client')
    const files = { ca: certificates.authority.file, cert: join(path, 'cert.pem'), key: join(path, 'key.pem') }
    // Of an authority that the broker does not know.
    const other = makeCertificates(temporaryDirectory('other').path)
    copyFileSync(other.client.certificate.file, files.cert)
    copyFileSync(other.client.key.file, files.key)
    const { state, lines } = connectTo({ url, tls: { files } })
    await until(() => state()?.detail, 'a reason')
    expect(state()?.status).not.toBe('connected')
    // In between, certificate and key do not belong together: those of before are used further.
    copyFileSync(certificates.client.certificate.file, files.cert)
    await until(() => lines.some((line) => line.includes('the certificates that it had are used further')), 'a line')
    copyFileSync(certificates.client.key.file, files.key)
    await until(() => state()?.status === 'connected', 'the connection')
    expect(broker.log()).not.toContain('certificate expired')
  })
})

describe('C27: a connection to a broker', () => {
  it('goes through the dialer, which may refuse it', async () => {
    const broker = await startMosquitto()
    ends.push(() => broker.stop())
    const refused = connectTo({ url: broker.url, dialer: createDialer(flowEgress({})) })
    await until(() => refused.state()?.detail, 'a reason')
    expect(refused.state()?.detail).toContain(`A connection to 127.0.0.1:${broker.port} is not allowed`)
    const metadata = connectTo({ url: 'mqtt://169.254.169.254', dialer: createDialer(brokerEgress) })
    await until(() => metadata.state()?.detail, 'a reason')
    expect(metadata.state()?.detail).toContain('where clouds hand out credentials')
    // A name that stands for an inner address, over each transport.
    const dialer = createDialer(flowEgress({}), (_, __, done) => done(null, [{ address: '10.0.0.1', family: 4 }]))
    for (const scheme of ['mqtt', 'mqtts', 'ws', 'wss']) {
      const named = connectTo({ url: `${scheme}://broker.test:1`, dialer })
      await until(() => named.state()?.detail, 'a reason')
      expect(named.state()?.detail, scheme).toContain('the name stands for 10.0.0.1')
    }
    const allowed = connectTo({ url: broker.url, dialer: createDialer(brokerEgress) })
    await until(() => allowed.state()?.status === 'connected', 'the connection')
  })
})
