/** `npm run dev`: the engine, and the editor with reload at http://127.0.0.1:5173. Options go to `rulewire start`. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { editorDirectory } from './paths.ts'

const main = fileURLToPath(new URL('../engine/main.ts', import.meta.url))
const engine = spawn(
  process.execPath,
  ['--watch-path=engine', '--watch-path=nodes', main, 'start', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
)
const vite = await createServer({ configFile: `${editorDirectory}vite.config.ts` })
await vite.listen()
vite.printUrls()

const stop = async () => {
  engine.kill('SIGTERM')
  await vite.close()
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
engine.once('exit', () => void vite.close())
