import { describe, expect, it } from 'vitest'
import { mqttOptions, openTls } from '../../engine/cli/security-settings.ts'
import { settingsSchema } from '../../engine/config/settings.ts'
import { makeCertificates } from '../tools/certificates.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { rulewire } from './terminal.ts'

const settings = (given: object) => settingsSchema.parse(given)
const log = () => undefined

describe('C2, C43: who may use the broker without a login', () => {
  const anonymous = (given: object) => {
    const all = settings(given)
    return mqttOptions(all, openTls(all, log)).anonymous
  }

  it.each([
    [{}, true],
    [{ mqtt: { anonymous: 'no' } }, false],
    [{ mqtt: { host: '0.0.0.0' } }, false],
    [{ http: { host: '192.168.1.5' } }, false],
    [{ http: { host: '0.0.0.0' }, mqtt: { host: '127.0.0.1' } }, true],
    [{ mqtt: { host: '0.0.0.0', anonymous: 'yes' } }, true],
    [{ mqtt: { host: '0.0.0.0' }, withoutLogin: true }, true],
    [{ mqtt: { host: '0.0.0.0', anonymous: 'no' }, withoutLogin: true }, false],
  ])('%j: %s', (given, wanted) => expect(anonymous(given)).toBe(wanted))
})

describe('C19: certificates of settings', () => {
  const { server } = makeCertificates(temporaryDirectory('settings').path)
  const pair = { cert: server.certificate.file, key: server.key.file }

  it('of the editor serve the broker too, unless it has its own', () => {
    const tls = openTls(settings({ http: { tls: pair }, mqtt: { tls: { port: 0 } } }), log)
    expect(tls.web?.texts.cert).toBe(tls.mqtt?.files.texts.cert)
    expect(tls.mqtt?.clientCertificates).toBe('none')
    tls.close()
    const none = openTls(settings({}), log)
    expect([none.web, none.mqtt]).toEqual([undefined, undefined])
  })

  it.each([
    [{ http: { tls: { cert: pair.cert } } }, '--tls-cert', 'Give --tls-key too.'],
    [{ http: { tls: { key: pair.key } } }, '--tls-key', 'Give --tls-cert too.'],
    [{ mqtt: { tls: { port: 8883 } } }, '--mqtt-tls-port', 'Give --mqtt-tls-cert and --mqtt-tls-key too.'],
    [{ mqtt: { plain: false } }, 'mqtt.plain', 'Give --mqtt-tls-port too.'],
  ])('%j is refused', (given, option, hint) => {
    const open = () => openTls(settings(given), log)
    expect(open).toThrow(option)
    expect(hintOf(open)).toBe(hint)
  })

  it('that cannot be used end the start with a sentence', async () => {
    const { path } = temporaryDirectory('start')
    const words = ['start', '--data', `${path}/data`, '--tls-cert', pair.key, '--tls-key', pair.key]
    const { code, err } = await rulewire([...words, '--flows', path])
    expect(code).toBe(1)
    expect(err).toContain('rulewire: TLS_FILES')
  })

  it('make an editor that others reach safe enough to start, but not its broker', async () => {
    const { path } = temporaryDirectory('start')
    const tls = ['--tls-cert', pair.cert, '--tls-key', pair.key]
    const { err } = await rulewire(['start', '--data', `${path}/data`, '--flows', path, '--host', '0.0.0.0', ...tls])
    expect(err).toContain('rulewire: INSECURE_MQTT')
    expect(err).toContain('--mqtt-host 127.0.0.1')
  })
})

function hintOf(act: () => unknown): unknown {
  try {
    act()
  } catch (thrown) {
    return Reflect.get(Object(thrown), 'hint')
  }
  return undefined
}
