import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { systemClock } from '../../engine/clock.ts'
import { FlowFiles } from '../../engine/host/flow-files.ts'
import { openDatabase } from '../../engine/store/open.ts'
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

it('C30: what is no file is not read, though it has the name of a flow; a link to a file is', async () => {
  const { path } = temporaryDirectory('read')
  const elsewhere = temporaryDirectory('elsewhere').path
  writeFileSync(join(elsewhere, 'attic.json'), '{}')
  symlinkSync(join(elsewhere, 'attic.json'), join(path, 'attic.json'))
  symlinkSync('/dev/null', join(path, 'endless.json'))
  mkdirSync(join(path, 'directory.json'))
  const lines: string[] = []
  const files = new FlowFiles(path, systemClock, (_, text) => lines.push(text))
  expect((await files.changes()).written.map(({ flow }) => flow)).toEqual(['attic'])
  expect(lines.sort()).toEqual(
    ['directory', 'endless'].map((name) => expect.stringMatching(new RegExp(`${name}\\.json.*it is no file`))),
  )
  files.close()
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

it('C30: a flow that cannot be written is told with its file and leaves nothing beside it', async () => {
  const { path } = temporaryDirectory('unwritable')
  mkdirSync(join(path, 'attic.json'))
  const files = new FlowFiles(path, systemClock, () => undefined)
  const file = join(path, 'attic.json')
  await expect(files.write('attic', '{}')).rejects.toMatchObject({
    code: 'FILE_UNWRITABLE',
    message: expect.stringContaining(`The file ${file} cannot be written: `),
  })
  files.close()
  expect(readdirSync(path)).toEqual(['attic.json'])
})

it('C5: a data directory that others could read is for its owner from the next start on', () => {
  const { path } = temporaryDirectory('data')
  chmodSync(path, 0o755)
  openDatabase(path, 'normal').close()
  expect(statSync(path).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o077, name).toBe(0)
})
