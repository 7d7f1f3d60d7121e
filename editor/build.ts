import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { editorDirectory, engineDirectory, outputDirectory } from './paths.ts'

/**
 * Whether the built editor is missing or older than a source of it. A package holds no sources and is never stale.
 */
export function editorIsStale(): boolean {
  if (!existsSync(join(editorDirectory, 'index.html'))) return false
  const built = join(outputDirectory, 'index.html')
  if (!existsSync(built)) return true
  const since = statSync(built).mtimeMs
  return sources().some((file) => statSync(file).mtimeMs > since)
}

/** Builds the editor into dist/editor; resolves with its directory. Vite is loaded only here, an installed package has none. */
export async function buildEditor(options: { quiet?: boolean } = {}): Promise<string> {
  const { build } = await import('vite')
  // Under a test runner NODE_ENV is "test", and Vite would build React for development.
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  try {
    await build({ configFile: join(editorDirectory, 'vite.config.ts'), logLevel: options.quiet ? 'warn' : 'info' })
  } finally {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
  return outputDirectory
}

/** Builds the editor if that is needed and says so; resolves with the directory to serve. */
export async function ensureEditor(say: (line: string) => void): Promise<string> {
  if (editorIsStale()) {
    say('Building the editor (dist/editor is missing or older than its sources); this takes a few seconds.')
    const begin = performance.now()
    await buildEditor({ quiet: true })
    say(`The editor is built (${((performance.now() - begin) / 1000).toFixed(1)} s).`)
  }
  return outputDirectory
}

function sources(): string[] {
  const own = globSync(['index.html', 'vite.config.ts', 'public/**/*.*', 'core/**/*.ts', 'view/**/*.*'], {
    cwd: editorDirectory,
  }).map((file) => join(editorDirectory, file))
  const shared = globSync(['types/*.ts', 'jsonata/**/*.ts', 'server/protocol.ts'], { cwd: engineDirectory })
  return [...own, ...shared.map((file) => join(engineDirectory, file))]
}

if (import.meta.main) await buildEditor()
