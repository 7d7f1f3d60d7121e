import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { systemClock } from '../../engine/clock.ts'
import { FlowFiles } from '../../engine/host/flow-files.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

const calls = vi.hoisted((): string[] => [])
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return {
    ...real,
    open: async (...parameters: Parameters<typeof real.open>) => {
      const handle = await real.open(...parameters)
      calls.push(`open ${String(parameters[0])} ${String(parameters[1])}`)
      const sync = handle.sync.bind(handle)
      handle.sync = () => {
        calls.push('sync')
        return sync()
      }
      return handle
    },
    rename: (from: string, to: string) => {
      calls.push(`rename ${from} ${to}`)
      return real.rename(from, to)
    },
  }
})

it('C30: a flow is written beside its place, synced, and renamed into it', async () => {
  const { path } = temporaryDirectory('write')
  const files = new FlowFiles(path, systemClock, () => undefined)
  await files.write('attic', '{}')
  files.close()
  const draft = join(path, '.attic.json.new')
  expect(calls).toEqual([`open ${draft} w`, 'sync', `rename ${draft} ${join(path, 'attic.json')}`])
  expect(readFileSync(join(path, 'attic.json'), 'utf8')).toBe('{}')
})
