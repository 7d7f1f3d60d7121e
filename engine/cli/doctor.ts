import { nodeSpecs } from '../../nodes/index.ts'
import type { Settings } from '../config/index.ts'
import { RulewireError, reasonOf } from '../errors.ts'
import { examine, type Finding, type Patient } from '../host/doctor.ts'
import { defaultConnection } from '../spec/connection.ts'
import { command } from './command.ts'
import { checkExposure } from './exposure.ts'
import { packageVersion } from './home.ts'
import { flag } from './option.ts'
import { type ParsedOptions, readSettings, readSettingsWithoutFile } from './settings.ts'
import { furtherStartOptions, startOptions } from './start-options.ts'
import { type Color, columns, counted, exitCodes, paint, type Terminal } from './terminal.ts'

export const doctorCommand = command({
  name: 'doctor',
  summary: 'Looks at config, data, disk, flows, certificates and ports, and says what is wrong.',
  usage: '[options]',
  words: { least: 0, most: 0, what: '' },
  options: { ...startOptions, json: flag({ help: 'Prints JSON, for programs.' }) },
  borrowed: { from: 'start', options: furtherStartOptions },
  notes:
    'It changes nothing, and the engine may run meanwhile.\nExit code: 0 no errors (there may be warnings), 1 errors, 2 wrong usage.',
  run: async ({ values, sources, terminal }) => {
    const findings = await examineAll({ values, sources })
    if (values.json) terminal.out(`${JSON.stringify(findings, null, 2)}\n`)
    else print(findings, terminal)
    return findings.some(({ state }) => state === 'error') ? exitCodes.problems : exitCodes.ok
  },
})

/** The config file, and then all that it names. A config that cannot be used is a finding; then the options and defaults are looked at. */
export async function examineAll(given: ParsedOptions): Promise<Finding[]> {
  const program: Finding = {
    name: 'program',
    state: 'ok',
    text: `rulewire ${packageVersion()}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}`,
    hint: '',
  }
  try {
    const { settings, file } = readSettings(given)
    const config: Finding = { name: 'config', state: 'ok', text: file ?? 'no config file', hint: '' }
    return [program, config, ...exposure(settings), ...(await examine(patientOf(settings)))]
  } catch (thrown) {
    if (!(thrown instanceof RulewireError)) throw thrown
    const [first] = thrown.problems
    const place = first === undefined ? '' : ` ${first.at ?? ''} ${first.text}`
    const config: Finding = { name: 'config', state: 'error', text: `${reasonOf(thrown)}${place}`, hint: thrown.hint }
    const { settings } = readSettingsWithoutFile(given)
    return [program, config, ...(await examine(patientOf(settings)))]
  }
}

/** What a start would refuse. */
function exposure(settings: Settings): Finding[] {
  try {
    checkExposure(settings)
    return []
  } catch (thrown) {
    if (!(thrown instanceof RulewireError)) throw thrown
    return [{ name: 'exposure', state: 'error', text: thrown.message, hint: thrown.hint }]
  }
}

function patientOf(settings: Settings): Patient {
  const { data, flows, http, connections } = settings
  return {
    data,
    flows,
    http,
    ...brokerPorts(settings),
    certificates: certificatesOf(settings),
    specs: nodeSpecs,
    connections: [defaultConnection, ...Object.keys(connections)],
    now: Date.now(),
  }
}

/** Where the embedded broker listens, if there is one. */
function brokerPorts({ http, mqtt, connections }: Settings): Pick<Patient, 'mqtt' | 'mqtts'> {
  const host = mqtt.host ?? http.host
  if (connections.default?.url !== undefined) return { mqtt: { host, port: 0 } }
  return { mqtt: { host, port: mqtt.plain ? mqtt.port : 0 }, mqtts: { host, port: mqtt.tls.port ?? 0 } }
}

/** Every field "cert", "ca" or "clientCa" of the settings, whatever it belongs to; a "cert" with the "key" beside it. */
function certificatesOf(value: unknown, path: readonly string[] = []): Patient['certificates'] {
  if (typeof value !== 'object' || value === null) return []
  const fields = value as Record<string, unknown> // an object of JSON
  return Object.entries(fields).flatMap(([name, inner]) => {
    if (typeof inner !== 'string') return certificatesOf(inner, [...path, name])
    if (!['cert', 'ca', 'clientCa'].includes(name)) return []
    const key = typeof fields.key === 'string' ? { file: fields.key } : 'missing'
    return [{ name: [...path, name].join('.'), file: inner, key: name === 'cert' ? key : undefined }]
  })
}

function print(findings: readonly Finding[], terminal: Terminal): void {
  const colors: Readonly<Record<Finding['state'], Color>> = { ok: 'green', warning: 'yellow', error: 'red' }
  const rows = findings.map(({ state, name, text }) => [state, name, text])
  const lines = columns(rows).split('\n')
  for (const [index, { state, hint }] of findings.entries()) {
    const line = lines[index] ?? ''
    terminal.out(`${paint(terminal, colors[state], line.slice(0, 7))}${line.slice(7)}\n`)
    if (hint !== '') terminal.out(`         ${paint(terminal, 'dim', hint)}\n`)
  }
  const count = (state: Finding['state']) => findings.filter((one) => one.state === state).length
  terminal.out(`${counted(count('error'), 'error')}, ${counted(count('warning'), 'warning')}\n`)
}
