import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const version = '5.0.7'

export interface NodeRed {
  /** Starts it with a flow in a directory of its own. */
  start(directory: string, flow: unknown[]): ChildProcess
}

/** Installs Node-RED into a folder of its own outside of this project, once. Undefined, with the reason printed, when that cannot be. */
export async function installNodeRed(): Promise<NodeRed | undefined> {
  const folder = join(tmpdir(), `rulewire-bench-node-red-${version}`)
  const main = join(folder, 'node_modules', 'node-red', 'red.js')
  if (!existsSync(main)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    console.log(`Installing Node-RED ${version} into a folder of its own ...`)
    try {
      execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `node-red@${version}`], {
        cwd: folder,
        stdio: 'pipe',
      })
    } catch (error) {
      console.log(
        `Node-RED could not be installed: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      )
      return undefined
    }
  }
  return {
    start(directory, flow) {
      const flowFile = join(directory, 'flows.json')
      const settings = join(directory, 'settings.cjs')
      writeFileSync(flowFile, JSON.stringify(flow))
      writeFileSync(
        settings,
        `module.exports = ${JSON.stringify({ flowFile, uiPort: 0, uiHost: '127.0.0.1', logging: { console: { level: 'warn' } }, telemetry: { enabled: false } })}`,
      )
      const stdio = process.env.BENCH_VERBOSE === '1' ? 'inherit' : 'ignore'
      return spawn(process.execPath, [main, '--userDir', directory, '--settings', settings], { stdio })
    },
  }
}
