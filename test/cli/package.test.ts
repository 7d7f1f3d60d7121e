import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../tools/temporary.ts'
import { nextEvent, until } from '../tools/wait.ts'
import { type Child, spawnRulewire } from './child.ts'

// Programs at other paths each time would only fill the cache of the compiled ones.
delete process.env.NODE_COMPILE_CACHE

const root = join(import.meta.dirname, '..', '..')
const { path: directory, remove } = temporaryDirectory('package')
/** What a fresh clone holds. */
const clone = join(directory, 'clone')
/** Where somebody has installed the package. */
const app = join(directory, 'app')
const installed = join(app, 'node_modules', 'rulewire')
const bin = join(app, 'node_modules', '.bin', 'rulewire')
const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/**
 * Packs a copy of the checkout, so that the build of it disturbs nobody, and installs the package without the network: its
 * declared dependencies are those of the checkout, and no others can be found.
 */
beforeAll(() => {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' })
  for (const file of files.split('\0').filter((name) => name !== '' && !name.startsWith('test/'))) {
    cpSync(join(root, file), join(clone, file))
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
  npm(['pack', '--silent', '--pack-destination', directory], clone)
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(directory, `rulewire-${version}.tgz`), '--strip-components=1', '-C', installed])
  for (const name of Object.keys(dependencies)) {
    const link = join(app, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
  // Makes node_modules/.bin as an installation does.
  npm(['rebuild', '--silent', '--offline', '--ignore-scripts', 'rulewire'], app)
}, 120_000)
afterAll(remove)

describe('npm start', () => {
  // Ctrl-C reaches all processes of the terminal; a supervisor that ends npm knows of no other.
  test.each([
    ['SIGINT', 'all its processes'],
    ['SIGTERM', 'npm alone'],
  ] as const)(
    'runs a clone with its own flows, and ends cleanly at a %s to %s',
    async (name, whom) => {
      const child = spawn(...program(['start', '--silent', '--', '--port', '0', '--mqtt-port', '0']), {
        cwd: clone,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const signal = (name: NodeJS.Signals, everybody: boolean) => {
        if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
        process.kill(everybody ? -child.pid : child.pid, name)
      }
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
      // "close" comes when no process is left that could still write
      const ended = nextEvent(child, 'close', 60_000)
      try {
        await until(
          () => output.includes('Ctrl-C') || child.exitCode !== null,
          () => output,
          30_000,
        )
        expect(output).toMatch(/^ {2}editor +http/m)
        expect(output).toMatch(/^ {2}flows +\.\/flows$/m)
        signal(name, whom !== 'npm alone')
        await ended
        expect(output).toContain(`${name}: finishing what has begun`)
      } finally {
        signal('SIGKILL', true)
      }
    },
    60_000,
  )
})

describe('the installed package', () => {
  test('tells its version', () => {
    expect(execFileSync(bin, ['--version'], { encoding: 'utf8' })).toBe(`rulewire ${version}\n`)
    expect(npm(['exec', '--offline', '--', 'rulewire', '--version'], app)).toBe(`rulewire ${version}\n`)
  })

  test('holds JavaScript, the examples and the editor, and no sources or tests', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/engine/main.js',
        'dist/nodes/index.js',
        'dist/editor/index.html',
        'flows/cold-chain.json',
      ]),
    )
    expect(
      files.filter((file) => file.endsWith('.ts') || /\.test\.[jt]s$/.test(file) || file.startsWith('test')),
    ).toEqual([])
  })

  test('holds every page that README and docs lead to', () => {
    const pages = ['README.md', ...readdirSync(join(installed, 'engine', 'docs')).map((name) => `engine/docs/${name}`)]
    const missing = pages.flatMap((page) => {
      const links = readFileSync(join(installed, page), 'utf8').matchAll(/\]\((?!\w+:)([^)#]+\.md)(?:#[^)]*)?\)/g)
      return [...links].flatMap(([, link = '']) =>
        existsSync(join(installed, dirname(page), link)) ? [] : [`${page}: ${link}`],
      )
    })
    expect(missing).toEqual([])
  })

  test('checks its own examples', () => {
    const out = execFileSync(bin, ['check', join(installed, 'flows')], { encoding: 'utf8' })
    expect(out).toMatch(/^\d+ files, 0 errors, \d+ warnings?\n$/m)
  })

  test('starts in an empty directory and serves the editor', async () => {
    const empty = join(directory, 'empty')
    mkdirSync(empty)
    const child: Child = spawnRulewire(['start', '--port', '0', '--mqtt-port', '0'], { cwd: empty, script: bin })
    try {
      await child.started()
      expect(readdirSync(empty).sort()).toEqual(['data', 'flows'])
      const page = await fetch(`${child.url}/`)
      expect(page.status).toBe(200)
      expect(await page.text()).toContain('<script type="module"')
      child.process.kill('SIGTERM')
      expect(await child.ended).toEqual({ code: 0, signal: null })
    } finally {
      await child.kill()
    }
  })
})

function npm(args: readonly string[], cwd: string): string {
  const env = { ...process.env, npm_config_update_notifier: 'false' }
  return execFileSync(...program(args), { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** How npm is run: as the one that runs these tests, if one does. */
function program(args: readonly string[]): [string, readonly string[]] {
  const script = process.env.npm_execpath
  return script === undefined ? ['npm', args] : [process.execPath, [script, ...args]]
}
