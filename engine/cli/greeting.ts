import type { EngineApi } from '../server/api.ts'
import type { FlowSummary } from '../server/protocol.ts'
import { problemText } from './check.ts'
import { columns, counted, paint, type Terminal } from './terminal.ts'

export interface Greeting {
  engine: EngineApi
  terminal: Terminal
  /** Where a browser finds it: `http://127.0.0.1:1870`. */
  url: string
  /** Whether the editor's files are served. */
  editor: boolean
  /** The token for the first admin, while there is no user. */
  setup?: { token: string; file: string | undefined } | undefined
  /** Example files that were just made. */
  examples: readonly string[]
  /** As it was given, for people. */
  flows: string
  data: string
}

/** Says in a few lines what runs where, what does not and what to try next. */
export function greet(greeting: Greeting): void {
  const { engine, terminal, url, examples } = greeting
  const { version, mqtt, durability } = engine.describe()
  const flows = engine.flows.list()
  const broker = engine.brokers().map(({ name, incoming }) => `${name} ${incoming.url} (${incoming.status})`)
  const rows = [
    ...(greeting.editor ? [['editor', `${url}/`]] : []),
    ['API', `${url}/api/v1`],
    mqtt === undefined
      ? ['broker', broker.join(', ')]
      : ['broker', `${placesOf(mqtt).join(' and ')} (embedded, MQTT 3.1.1)`],
    ['flows', `${greeting.flows}${examples.length > 0 ? ' (made just now, with examples)' : ''}`],
    ['data', `${greeting.data} (durability ${durability})`],
  ]
  const head = paint(terminal, 'bold', `Rulewire ${version} runs ${counted(runningOf(flows), 'flow')}.`)
  terminal.out(`${head}\n${columns(rows, '  ')}\n\n`)
  if (flows.length > 0) terminal.out(`${columns(flows.map(flowRow), '  ')}\n\n`)
  for (const problem of flows.flatMap((flow) => flow.problems)) terminal.out(problemText(problem, terminal))
  if (greeting.setup !== undefined) terminal.out(setupText(greeting.setup, url, terminal))
  terminal.out(
    `${nextSteps(greeting, mqtt)
      .map((line) => `  ${line}`)
      .join('\n')}\n`,
  )
}

/** Shown on the console only, never in the log. */
function setupText({ token, file }: NonNullable<Greeting['setup']>, url: string, terminal: Terminal): string {
  const head = paint(terminal, 'bold', 'There is no user yet, and until then nothing else is answered.')
  const where = file === undefined ? '' : ` (it also stands in ${file})`
  return `${head}\n  Open ${url}/ and make the first admin with this setup token${where}:\n\n  ${token}\n\n`
}

function flowRow({ flow, status, title, problems }: FlowSummary): string[] {
  const errors = problems.filter((one) => one.severity === 'error').length
  const notes = [title === flow ? '' : title, errors === 0 ? '' : `(${counted(errors, 'error')})`]
  return [flow, status, notes.filter((note) => note !== '').join(' ')]
}

function placesOf({ host, port, tlsPort }: { host: string; port: number; tlsPort?: number }): string[] {
  return [
    ...(port === 0 ? [] : [`mqtt://${host}:${port}`]),
    ...(tlsPort === undefined ? [] : [`mqtts://${host}:${tlsPort}`]),
  ]
}

function runningOf(flows: readonly FlowSummary[]): number {
  return flows.filter(({ status }) => status === 'running' || status === 'held').length
}

function nextSteps({ url, editor, flows }: Greeting, mqtt: { host: string; port: number } | undefined): string[] {
  const port = mqtt === undefined || mqtt.port === 1883 ? '' : ` -p ${mqtt.port}`
  const listen = mqtt === undefined || mqtt.port === 0 ? [] : [`watch it work:   mosquitto_sub${port} -t '#' -v`]
  const edit = editor
    ? `edit flows:      open ${url}/`
    : `edit flows:      change a file in ${flows}; it is deployed when you save it`
  return [...listen, edit, 'end it:          Ctrl-C']
}
