import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const folder = join(import.meta.dirname, '../../nodes')
const files = globSync('**/*.ts', { cwd: folder }).map(
  (file) => [file, readFileSync(join(folder, file), 'utf8')] as const,
)

/** What would make a reducer depend on more than its state, its message and the time that it is told. */
const forbidden = [
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /\bMath\.random\b/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bperformance\./,
  /\bprocess\./,
  /\bfetch\(/,
  /\basync\b/,
  /\bawait\b/,
  /^(?:export )?(?:let|var) /m,
]

describe.each(files)('nodes/%s', (file, text) => {
  const code = text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '').replace(/docs: `(?:[^`\\]|\\.)*`/g, '')

  it('imports nothing but engine/node.ts, helpers beside it, and croner as a calculator', () => {
    const imports = [...code.matchAll(/from '([^']+)'/g)].map(([, path]) => path)
    const allowed = [
      /^(?:\.\.\/)+engine\/node\.ts$/,
      /^\.\/(?:lib\/)?[a-z-]+\.ts$/,
      ...(file.endsWith('schedule.ts') ? [/^croner$/] : []),
    ]
    expect(imports.filter((path) => !allowed.some((one) => one.test(path ?? '')))).toEqual([])
  })

  it('has no clock, timer, randomness, promise or state of its own', () => {
    expect(forbidden.filter((one) => one.test(code)).map(String)).toEqual([])
  })
})
