import { nodeSpecs } from '../../nodes/index.ts'
import { createLog } from '../observe/log.ts'
import { checkPlace } from '../server/listen.ts'
import { isLoopback } from '../server/origin.ts'
import { command } from './command.ts'
import { engineSettings } from './engine-settings.ts'
import { checkExposure } from './exposure.ts'
import { prepareFlows } from './first-start.ts'
import { packageVersion } from './home.ts'
import { reloadSettings } from './reload.ts'
import { egressOf, mqttOptions, openTls } from './security-settings.ts'
import { readSettings } from './settings.ts'
import { firstSignal } from './signal.ts'
import { startOptions } from './start-options.ts'
import { straySettings } from './variables.ts'

export const startCommand = command({
  name: 'start',
  summary: 'Runs the flows of a directory, with an embedded MQTT broker, the API and the editor.',
  usage: '[options]',
  words: { least: 0, most: 0, what: '' },
  options: startOptions,
  notes: `An option that is not written is taken from its variable, then from the config file, then from its default; the file has
further settings ("rulewire config print" lists all). Without --flows, ./flows is made with examples when it is missing.
SIGHUP reads the config file again: the log level changes at once, other settings at the next start.
Ctrl-C and SIGTERM let it finish what it has begun (at most 5 s); a second one ends it at once.`,
  run: async ({ values, sources, terminal }) => {
    const { settings, entries } = readSettings({ values, sources })
    checkExposure(settings)
    const log = createLog({ ...settings.log, write: terminal.err })
    for (const sentence of straySettings(terminal.env)) log('warn', sentence)
    // Heard from the beginning: an end during the start is a clean one too.
    const signal = firstSignal(terminal)
    const running = new Map(entries.map(({ name, value }) => [name, JSON.stringify(value)]))
    terminal.onReload?.(() => reloadSettings({ values, sources }, running, log))
    const examples = prepareFlows(settings.flows, entries.find(({ name }) => name === 'flows')?.from ?? 'default')
    // The other commands do not wait for broker, database and server to be loaded.
    const [{ createEngine }, { serve }, { isLocked }] = await Promise.all([
      import('../engine.ts'),
      import('./serve.ts'),
      import('../store/open.ts'),
    ])
    // Before flows run and do something. Where an engine runs on the same data, that is the better thing to say.
    if (!isLocked(settings.data)) await checkPlace(settings.http)
    const tls = openTls(settings, log)
    terminal.onReload?.(() => tls.reload())
    const exposed = !isLoopback(settings.http.host) || settings.http.behindProxy
    const engine = await createEngine({
      ...engineSettings(settings),
      mqtt: mqttOptions(settings, tls),
      egress: egressOf(settings, exposed),
      exposed,
      specs: nodeSpecs,
      ruleTestsWorker: moduleBeside('rule-tests-worker'),
      backtestWorker: moduleBeside('backtest-worker'),
      version: packageVersion(),
      log,
    })
    return serve({ engine, settings, tls: tls.web, terminal, log, examples, signal })
  },
})

/** A module of this folder, in the sources or compiled. */
function moduleBeside(name: string): URL {
  return new URL(`./${name}${import.meta.url.slice(-3)}`, import.meta.url)
}
