import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8')) as Record<string, unknown> // our own files

interface Locked {
  version: string
  integrity?: string
  hasInstallScript?: boolean
  dev?: boolean
  devOptional?: boolean
}

const manifest = read('package.json') as {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  allowScripts: Record<string, boolean>
}
const locked = Object.entries(read('package-lock.json').packages as Record<string, Locked>).filter(
  ([path]) => path !== '',
)

/** Packages that users get, all of them: a new one is a decision, made here. */
const mostPackages = 170

describe('C55: what is installed', () => {
  it('is exact in the manifest, but for the Node.js that tests run on', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies }
    const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    expect(loose.map(([name]) => name)).toEqual(['node'])
  })

  it('has a hash in the lockfile, each package', () => {
    expect(locked.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? '')).map(([path]) => path)).toEqual([])
  })

  it('runs no script of a package, but for the one that brings Node.js for tests', () => {
    const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path)
    const allowed = Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name])
    expect(allowed).toEqual(['node'])
    const others = scripted.filter((path) => path !== 'node_modules/node')
    // What is denied there does not run, and is named so that it is seen.
    for (const path of others)
      expect(manifest.allowScripts).toHaveProperty(path.replace(/^.*node_modules\//, ''), false)
  })

  it('is little', () => {
    const shipped = locked.filter(([, { dev, devOptional }]) => dev !== true && devOptional !== true)
    console.log(`${Object.keys(manifest.dependencies).length} dependencies, ${shipped.length} packages with theirs`)
    expect(shipped.length).toBeLessThan(mostPackages)
  })
})

it('C57: "npm run sbom" lists every package that users get, with version and licence', () => {
  const out = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: root, encoding: 'utf8', maxBuffer: 50e6 })
  const sbom = JSON.parse(out) as { bomFormat: string; components: { name: string; version: string; purl: string }[] }
  expect(sbom.bomFormat).toBe('CycloneDX')
  const names = new Set(sbom.components.map(({ name, version }) => `${name} ${version}`))
  for (const [name, version] of Object.entries(manifest.dependencies)) expect(names).toContain(`${name} ${version}`)
  for (const component of sbom.components) expect(component.purl).toMatch(/^pkg:npm\//)
  expect(sbom.components.some(({ name }) => name === 'vitest')).toBe(false)
})

it('C58: SECURITY.md says which versions are cared for and how to tell of a fault', () => {
  const text = readFileSync(join(root, 'SECURITY.md'), 'utf8')
  expect(text).toMatch(/^# Security/)
  expect(text).toMatch(/supported/i)
  expect(text).toMatch(/report/i)
  expect(text).toContain('engine/docs/security.md')
})
