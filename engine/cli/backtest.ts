import { writeFileSync } from 'node:fs'
import { nodeSpecs } from '../../nodes/index.ts'
import { htmlPage } from '../backtest/html.ts'
import type { BacktestResult } from '../backtest/result.ts'
import { reasonOf, rulewireError } from '../errors.ts'
import type { FlowDocument } from '../flow/model.ts'
import { backtestDefaults, doBacktest } from '../host/backtest-run.ts'
import { readDeployed } from '../store/deployed.ts'
import { readFlowFile, withPlaces } from './backtest-flow.ts'
import { backtestText } from './backtest-report.ts'
import { command } from './command.ts'
import { chosenInput, inputOptions } from './input-options.ts'
import { Interrupted, longRun } from './long-run.ts'
import { flag, integer, text, texts } from './option.ts'
import { readSettings } from './settings.ts'
import { directoryOptions } from './start-options.ts'
import { exitCodes } from './terminal.ts'
import { span } from './time.ts'

const options = {
  ...inputOptions,
  to: { ...inputOptions.to, help: 'Messages before then. Virtual time goes on until then.' },
  against: text({
    value: 'FILE|deployed',
    fallback: undefined,
    help: 'Another version of the flow: shows which alarms are new, gone or moved.',
  }),
  tolerance: span({
    value: 'SPAN',
    help: '--against: alarms that are raised this close together are one that moved (default: 10m).',
  }),
  disable: texts({ value: 'NODE', help: 'Leaves a node out, such as a simulator.' }),
  seed: integer({
    value: 'N',
    fallback: backtestDefaults.seed,
    least: 0,
    most: 4_294_967_295,
    help: 'Of the random numbers.',
  }),
  ...directoryOptions,
  list: integer({ value: 'N', fallback: 20, least: 0, most: 50_000, help: 'Alarms that are listed, at most.' }),
  json: flag({ help: 'Prints the result as JSON, for programs.' }),
  html: text({ value: 'FILE', fallback: undefined, help: 'Writes the result as a page with charts.' }),
}

export const backtestCommand = command({
  name: 'backtest',
  summary: 'Runs a flow over recorded messages in virtual time: which alarms would it have raised?',
  usage: 'FLOW [--from TIME] [--to TIME] [--input FILE] [--against FILE|deployed]',
  words: { least: 1, most: 1, what: 'a flow' },
  options,
  notes: `FLOW is a file, or the name of a flow in --flows. The messages are those that an engine has recorded in --data (see "history"
in the docs of connections and flows); it may run meanwhile. Nothing is published, requested or stored.

  rulewire backtest cold-chain --from 7d --against deployed
  rulewire backtest draft.json --input readings.csv --topic machine/temperature --time timestamp --map value=value
  rulewire backtest draft.json --input readings.csv --topic 'fridges/{fridge}/climate' --html result.html

Exit code: 0 it ran, 1 it could not, 2 wrong usage, 130 it was ended by Ctrl-C.`,
  run: async ({ values, sources, words: [flow = ''], terminal }) => {
    const { settings } = readSettings({ values, sources })
    const own = readFlowFile(flow, settings.flows)
    const { document } = own
    const { against } = values
    const other = against === undefined || against === 'deployed' ? undefined : readFlowFile(against, settings.flows)
    const { source, from, to } = chosenInput(values, settings.data, Date.now())
    const job = {
      document,
      against:
        against === undefined
          ? undefined
          : { label: against, document: other?.document ?? deployed(document, settings.data) },
      disable: values.disable,
      source,
      from,
      to,
      until: to === undefined ? undefined : Math.min(to, Date.now()),
      seed: values.seed,
      width: backtestDefaults.width,
      tolerance: values.tolerance ?? backtestDefaults.tolerance,
    }
    const started = performance.now()
    try {
      const result = await longRun(terminal, (pace) => doBacktest(job, nodeSpecs, pace))
      const seconds = (performance.now() - started) / 1000
      if (values.html !== undefined) writePage(values.html, result)
      if (values.json) terminal.out(`${JSON.stringify(result, undefined, 2)}\n`)
      else terminal.out(backtestText(result, { terminal, seconds, list: values.list }))
      return exitCodes.ok
    } catch (thrown) {
      if (thrown instanceof Interrupted) return exitCodes.interrupted
      throw withPlaces(thrown, other === undefined ? [own] : [own, other])
    }
  },
})

/** Throws BAD_REQUEST. */
function deployed({ flow }: FlowDocument, data: string): unknown {
  const found = readDeployed(data, flow)
  if (found !== undefined) return found.document
  const wanted = 'Compare with a file: --against FILE.'
  throw rulewireError('BAD_REQUEST', { detail: `The flow "${flow}" was never deployed in ${data}.`, wanted })
}

function writePage(file: string, result: BacktestResult): void {
  try {
    writeFileSync(file, htmlPage(result))
  } catch (cause) {
    throw rulewireError('FILE_UNWRITABLE', { file, detail: reasonOf(cause) }, { cause })
  }
}
