import { readFileSync } from 'node:fs'
import { nodeSpecs } from '../../nodes/index.ts'
import { reasonOf, rulewireError } from '../errors.ts'
import { createLog } from '../log.ts'
import type { ConnectionConfig } from '../mqtt/contract.ts'
import { isLoopback } from '../server/origin.ts'
import { command } from './command.ts'
import { prepareFlows } from './first-start.ts'
import { packageVersion } from './home.ts'
import { firstSignal } from './signal.ts'
import { type StartValues, startOptions } from './start-options.ts'
import { strayVariables } from './variables.ts'

export const startCommand = command({
  name: 'start',
  summary: 'Runs the flows of a directory, with an embedded MQTT broker, the API and the editor.',
  usage: '[options]',
  words: { least: 0, most: 0, what: '' },
  options: startOptions,
  notes: `An option that is not written is taken from its variable, then from its default.
Without --flows, ./flows is made with examples when it is missing.
Ctrl-C and SIGTERM let it finish what it has begun (at most 5 s); a second one ends it at once.`,
  run: async ({ values, sources, terminal }) => {
    const mqttHost = values['mqtt-host'] ?? values.host
    // Whoever reaches an address can do everything there, since there is no login yet.
    const open = [values.host, mqttHost].find((host) => !isLoopback(host))
    if (open !== undefined && !values['without-login']) {
      throw rulewireError('UNSAFE_BIND', { what: 'Rulewire', host: open, option: '--without-login' })
    }
    const log = createLog({ level: values['log-level'], format: values['log-format'], write: terminal.err })
    const variables = Object.values(startOptions).flatMap(({ variable }) => variable ?? [])
    for (const sentence of strayVariables(terminal.env, [...variables, 'RULEWIRE_URL'])) log('warn', sentence)
    // Heard from the beginning: an end during the start is a clean one too.
    const signal = firstSignal(terminal)
    const examples = prepareFlows(values.flows, sources.flows ?? 'fallback')
    // The other commands do not wait for broker, database and server to be loaded.
    const [{ createEngine }, { serve }] = await Promise.all([import('../engine.ts'), import('./serve.ts')])
    const brokerTls = readCertificates(values)
    const engine = await createEngine({
      flows: values.flows,
      data: values.data,
      mqtt: { host: mqttHost, port: values['mqtt-port'], anonymous: values['without-login'] },
      broker: values.broker,
      brokerTls,
      connections: values.connection.map((pair) => connectionOf(pair, brokerTls)),
      limits: { outbox: { rows: values['outbox-limit'], policy: values['outbox-policy'] } },
      durability: values.durability,
      specs: nodeSpecs,
      version: packageVersion(),
      log,
    })
    return serve({ engine, values, terminal, log, examples, signal })
  },
})

/** The PEM files for brokers, or nothing when none is named. Throws FILE_UNREADABLE. */
function readCertificates(values: StartValues): ConnectionConfig['tls'] {
  const { 'broker-ca': ca, 'broker-cert': cert, 'broker-key': key } = values
  if (ca === undefined && cert === undefined && key === undefined) return undefined
  return {
    ...(ca === undefined ? {} : { ca: readText(ca) }),
    ...(cert === undefined ? {} : { cert: readText(cert) }),
    ...(key === undefined ? {} : { key: readText(key) }),
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw rulewireError('FILE_UNREADABLE', { file, detail: reasonOf(cause) }, { cause })
  }
}

/** `name=url` as the option's check has let through. */
function connectionOf(pair: string, tls: ConnectionConfig['tls']): Omit<ConnectionConfig, 'clientId'> {
  const at = pair.indexOf('=')
  return { name: pair.slice(0, at), url: pair.slice(at + 1), ...(tls === undefined ? {} : { tls }) }
}
