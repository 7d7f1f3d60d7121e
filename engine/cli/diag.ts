import { writeFileSync } from 'node:fs'
import { RulewireError, reasonOf, rulewireError } from '../errors.ts'
import type { FlowSummary } from '../server/protocol.ts'
import { askEngine, type EngineTarget } from './client.ts'
import { command } from './command.ts'
import { examineAll } from './doctor.ts'
import { engineOptions } from './engine-options.ts'
import { packageVersion } from './home.ts'
import { readSettings } from './settings.ts'
import { furtherStartOptions, startOptions } from './start-options.ts'
import { exitCodes } from './terminal.ts'

/** What a running engine is asked for: numbers, names and states; no payload, no topic's value, no secret. */
const questions = ['engine', 'brokers', 'secrets', 'history'] as const

export const diagCommand = command({
  name: 'diag',
  summary: 'Writes what helps to find a fault into a file, without payloads and secrets.',
  usage: 'FILE [options]',
  words: { least: 1, most: 1, what: 'a file to write' },
  options: { ...startOptions, ...engineOptions },
  borrowed: { from: 'start', options: furtherStartOptions },
  notes: `The file is JSON: settings with their origin, what "rulewire doctor" finds, and from a running engine its state,
counters, connections and the structure of the flows: types and wires, no configs. Look at it before you send it to anybody.`,
  run: async ({ values, sources, words: [file = ''], terminal }) => {
    const report = {
      made: new Date().toISOString(),
      program: {
        version: packageVersion(),
        node: process.versions.node,
        platform: process.platform,
        arch: process.arch,
      },
      settings: settingsOf({ values, sources }),
      findings: await examineAll({ values, sources }),
      engine: await engineOf(values),
    }
    try {
      writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 })
    } catch (cause) {
      throw rulewireError('FILE_UNWRITABLE', { file, detail: reasonOf(cause) }, { cause })
    }
    const running = 'fault' in report.engine ? `; the engine was not asked: ${report.engine.fault}` : ''
    terminal.out(`${file} is written${running}\n`)
    return exitCodes.ok
  },
})

function settingsOf(given: Parameters<typeof readSettings>[0]): unknown {
  try {
    return readSettings(given).entries
  } catch (thrown) {
    if (!(thrown instanceof RulewireError)) throw thrown
    return { fault: thrown.message, problems: thrown.problems }
  }
}

/** Each answer, or why there was none. */
async function engineOf(target: EngineTarget): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {}
  for (const path of questions) {
    try {
      answers[path] = await askEngine<unknown>(target, `/${path}`)
    } catch (thrown) {
      if (thrown instanceof RulewireError && thrown.code === 'ENGINE_UNREACHABLE') return { fault: thrown.message }
      answers[path] = { fault: reasonOf(thrown) }
    }
  }
  answers.statistics = await countersOf(target).catch((thrown: unknown) => ({ fault: reasonOf(thrown) }))
  answers.flows = await flowsOf(target).catch((thrown: unknown) => ({ fault: reasonOf(thrown) }))
  return answers
}

async function flowsOf(target: EngineTarget): Promise<unknown> {
  const list = await askEngine<FlowSummary[]>(target, '/flows')
  return Promise.all(
    list.map(async (summary) => {
      const { document } = await askEngine<{ document?: { nodes?: { id: string; type: string }[]; wires?: unknown } }>(
        target,
        `/flows/${summary.flow}`,
      )
      return {
        flow: summary.flow,
        status: summary.status,
        problems: summary.problems.map(({ code, at, severity }) => ({ code, at, severity })),
        nodes: document?.nodes?.map(({ id, type }) => ({ id, type })),
        wires: document?.wires,
      }
    }),
  )
}

/** Numbers only: the text that a node shows may hold a value. */
async function countersOf(target: EngineTarget): Promise<unknown> {
  const all = await askEngine<Record<string, object>>(target, '/statistics')
  return Object.fromEntries(
    Object.entries(all).map(([node, one]) => [
      node,
      Object.fromEntries(Object.entries(one).filter(([, value]) => typeof value === 'number')),
    ]),
  )
}
