import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine, type Engine, type EngineOptions } from '../../engine/engine.ts'
import type { LogLevel } from '../../engine/log.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

/** An engine on directories of its own, which stay for the next start. */
export interface TestEngine {
  engine: Engine
  flows: string
  data: string
  log: { level: LogLevel; text: string }[]
  /** Writes a flow file as an editor would. */
  write(name: string, flow: unknown): void
  /** Ends the engine and starts another one on the same directories. */
  restart(options?: Partial<EngineOptions>): Promise<void>
  close(): Promise<void>
}

/** Starts an engine with its own broker on a free port, unless the options say otherwise. */
export async function startEngine(
  documents: Record<string, unknown> = {},
  options: Partial<EngineOptions> = {},
): Promise<TestEngine> {
  const { path } = temporaryDirectory('engine')
  const flows = join(path, 'flows')
  const data = join(path, 'data')
  mkdirSync(flows)
  const log: TestEngine['log'] = []
  const write = (name: string, flow: unknown) =>
    writeFileSync(join(flows, `${name}.json`), typeof flow === 'string' ? flow : JSON.stringify(flow))
  for (const [name, document] of Object.entries(documents)) write(name, document)
  const start = (changes: Partial<EngineOptions> = {}) =>
    createEngine({
      specs: nodeSpecs,
      version: 'test',
      flows,
      data,
      mqtt: { host: '127.0.0.1', port: 0 },
      log: (level, text) => log.push({ level, text }),
      ...options,
      ...changes,
    })
  const test: TestEngine = {
    engine: await start(),
    flows,
    data,
    log,
    write,
    async restart(changes) {
      await test.engine.close()
      test.engine = await start(changes)
    },
    close: () => test.engine.close(),
  }
  return test
}

/** A flow document with little to write: nodes as [id, type, config], wires as "a.out b.in". */
export function flowOf(
  flow: string,
  nodes: [string, string, Record<string, unknown>][],
  wires: string[],
): Record<string, unknown> {
  return {
    flow,
    nodes: nodes.map(([id, type, config]) => ({ id, type, config })),
    wires: wires.map((wire) => {
      const [from, to] = wire.split(' ')
      return { from, to }
    }),
  }
}
