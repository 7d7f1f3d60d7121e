import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { temporaryDirectory } from '../tools/temporary.ts'
import { pause, until } from '../tools/wait.ts'
import type { Outcome } from './check.ts'
import { EngineProcess } from './engine-process.ts'
import type { Plan } from './plan.ts'
import { Rig } from './rig.ts'
import { paths } from './workload.ts'

const plenty = 1_000_000_000

/** A disk that is full for a while, and another process that holds the write lock, with kills in the middle of both. */
export function diskFaults(plan: Plan): Promise<Outcome> {
  const { random } = plan
  return Rig.play({}, async (rig) => {
    const { publisher, engine } = rig
    const counts = { full: 0, locked: 0, killed: 0 }
    const running = publisher.run(paths, plan.rate)
    for (const kind of plan.steps(['full', 'locked', 'full', 'killed'] as const, 4)) {
      await pause(random.below(200))
      if (kind === 'locked') await holdLock(rig, 300 + random.below(500))
      else {
        await engine.ask({ what: 'pages', free: random.below(20) })
        await fault(rig)
        if (kind === 'killed') {
          await engine.kill()
          await engine.start()
        } else {
          await pause(random.below(500))
          await engine.ask({ what: 'pages', free: plenty })
        }
      }
      counts[kind]++
      await rig.ready(20_000)
    }
    publisher.stop()
    await running
    return rig.outcome(
      `${counts.full} times a full disk, ${counts.locked} times a lock of another process, ${counts.killed} kills while the disk was full`,
    )
  })
}

/** Another process: the lock is held by this one, and the engine is a child. */
async function holdLock(rig: Rig, milliseconds: number): Promise<void> {
  const database = new Database(join(rig.engine.data, 'rulewire.db'), { timeout: 5000 })
  database.exec('BEGIN IMMEDIATE')
  await fault(rig)
  await pause(milliseconds)
  database.exec('ROLLBACK')
  database.close()
}

async function fault({ engine }: Rig): Promise<void> {
  await until(
    async () => (await engine.state()).health.reasons.some(({ code }) => code === 'DATABASE_FAULT'),
    'an engine that says that it cannot write',
  )
}

/** A damaged file is refused and left as it is; a second engine on a directory is refused and does no harm. */
export function unusableData(plan: Plan): Promise<Outcome> {
  return Rig.play({}, async (rig) => {
    const { publisher, engine } = rig
    const running = publisher.run(paths, plan.rate)
    const broken: string[] = []
    const second = engine.twin()
    const refused = await second.start().then(
      () => 'it started',
      (error: Error) => error.message,
    )
    if (!refused.includes('Another engine')) broken.push(`the second engine: ${refused.slice(0, 200)}`)
    await second.kill()
    publisher.stop()
    await running
    const outcome = await rig.outcome('a second engine on the data directory; damaged files')
    await engine.kill()
    for (const [what, damage] of Object.entries(damages)) {
      const copy = new EngineProcess([], {})
      cpSync(engine.data, copy.data, { recursive: true })
      const file = join(copy.data, 'rulewire.db')
      checkpoint(file)
      const bytes = readFileSync(file)
      damage(bytes, plan)
      writeFileSync(file, bytes)
      const said = await copy.start().then(
        () => 'it started',
        (error: Error) => error.message,
      )
      await copy.kill()
      if (!said.includes('damaged') && !said.includes('DATA_CORRUPT')) broken.push(`${what}: ${said.slice(-300)}`)
      if (!readFileSync(file).equals(bytes)) broken.push(`${what}: the damaged file was changed`)
    }
    outcome.broken.push(...broken)
    return outcome
  })
}

const damages: Record<string, (bytes: Buffer, plan: Plan) => void> = {
  header: (bytes) => bytes.fill(0x58, 0, 16),
  page: (bytes, { random }) => {
    const pages = Math.floor(bytes.length / 4096)
    // Several pages, because one may be free or hold a payload.
    for (let count = 0; count < 5; count++) bytes.fill(0xa5, 4096 * (1 + random.below(pages - 1)), undefined)
  },
}

function checkpoint(file: string): void {
  const database = new Database(file)
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}

/**
 * The moment an ack passes, the files are copied: what the operating system would show after the power came back, as far as the
 * engine had written it. With `synchronous = FULL` each commit is synced before it is reported, which is SQLite's own promise;
 * that the setting is on is asked, and that nothing acked stands only in memory is what the copies show. A torn end of the log
 * is added to each.
 */
export function powerLoss(plan: Plan): Promise<Outcome> {
  return Rig.play({}, async (rig) => {
    const { publisher, engine, wire } = rig
    const broken: string[] = []
    const synchronous = await engine.ask({ what: 'pragma', name: 'synchronous' })
    if (synchronous !== 2) broken.push(`synchronous is ${String(synchronous)}, not 2 (FULL)`)
    const running = publisher.run(paths, plan.rate)
    let copies = 0
    let compared = 0
    for (const _ of plan.steps(['copy'], 12)) {
      const acks = wire.acks
      await until(() => wire.acks > acks + plan.random.below(50), 'further acks')
      const acked = (['q1', 'q2', 'key', 'state'] as const).map(
        (path) => [path, [...(wire.taken.get(path) ?? [])]] as const,
      )
      const file = copyTorn(engine.data, plan)
      copies++
      const database = new Database(file)
      if (database.pragma('quick_check', { simple: true }) !== 'ok') broken.push('a copy is damaged')
      for (const [path, wanted] of acked) {
        const table = { q1: 'q1', q2: 'q2', key: 'keyed', state: 'counted' }[path]
        const rows = new Set(database.prepare<[], number>(`SELECT n FROM ${table}`).pluck().all())
        const lost = wanted.filter((n) => !rows.has(n))
        compared += wanted.length
        if (lost.length > 0) broken.push(`${lost.length} acked messages of ${path} are not in a copy`)
      }
      database.close()
    }
    publisher.stop()
    await running
    const outcome = await rig.outcome(
      `${copies} copies of the files at the moment of an ack, each with a torn end; ${compared} acked messages looked for in them`,
    )
    outcome.broken.push(...broken)
    return outcome
  })
}

/** The log first: what a checkpoint moves meanwhile stands in both. Garbage behind it is a commit that did not end. */
function copyTorn(data: string, { random }: Plan): string {
  const { path } = temporaryDirectory('torn')
  mkdirSync(path, { recursive: true })
  const file = join(path, 'rulewire.db')
  copyFileSync(join(data, 'rulewire.db-wal'), `${file}-wal`)
  copyFileSync(join(data, 'rulewire.db'), file)
  const torn = Buffer.from(Array.from({ length: 100 + random.below(5000) }, () => random.below(256)))
  writeFileSync(`${file}-wal`, torn, { flag: 'a' })
  return file
}
