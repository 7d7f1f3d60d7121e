import { createPrivateKey, X509Certificate } from 'node:crypto'
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { RulewireError, reasonOf } from '../errors.ts'
import { checkText } from '../flow/index.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import { verifyDatabase } from '../store/copy.ts'
import { databaseFile, isLocked } from '../store/open.ts'

/** What was looked at, and what was found. */
export interface Finding {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'error'
  readonly text: string
  /** What to do; empty when all is well. */
  readonly hint: string
}

/** What is looked at. */
export interface Patient {
  data: string
  flows: string
  http: { host: string; port: number }
  mqtt: { host: string; port: number }
  /** The port with TLS of the embedded broker. */
  mqtts?: { host: string; port: number }
  /** PEM files with certificates: what each is for, where it is, and where its key is; `missing` when it needs one and has none. */
  certificates: readonly { name: string; file: string; key?: { file: string } | 'missing' | undefined }[]
  specs: ReadonlyMap<string, AnyNodeSpec>
  /** Names of connections that flows may use. */
  connections: readonly string[]
  /** UTC milliseconds. */
  now: number
}

/** Bytes that should be free on the disk: below the first it is an error, below the second a warning. */
const freeSpace = { error: 100e6, warning: 1e9 }
/** Milliseconds before a certificate ends in which that is a warning. */
const expiryWarning = 30 * 86_400_000
/** Bytes of the database's log beyond which something keeps it from being folded in. */
const longLog = 256e6
/** This program was not there before, so a clock that shows less is wrong. */
const oldest = Date.UTC(2026, 0, 1)
/** `f_type` of file systems over a network, on which SQLite's log is not safe (statfs(2)). */
const networkSystems: Readonly<Record<number, string>> = {
  26985: 'NFS',
  4283649346: 'CIFS',
  4266872130: 'SMB 2',
  20859: 'SMB',
  1702057286: 'FUSE',
}

/** Looks at everything that an engine needs. Changes nothing; an engine may run meanwhile. */
export async function examine(patient: Patient): Promise<Finding[]> {
  const { running, finding } = runningEngine(patient)
  return [
    clock(patient),
    ...dataDirectory(patient),
    ...database(patient),
    ...flowFiles(patient),
    ...patient.certificates.map((one) => certificate(one, patient.now)),
    finding,
    ...(running ? [] : await ports(patient)),
  ]
}

function clock({ now }: Patient): Finding {
  const shown = new Date(now).toISOString()
  if (now >= oldest) return ok('clock', shown)
  return error(
    'clock',
    `the clock shows ${shown}`,
    'Set the clock: times of messages, alarms and schedules would be wrong.',
  )
}

function runningEngine({ data }: Patient): { running: boolean; finding: Finding } {
  try {
    const running = isLocked(data)
    return { running, finding: ok('engine', `${running ? 'an' : 'no'} engine runs on ${data}`) }
  } catch (thrown) {
    const hint = 'Make the directory readable for this user; a damaged engine.lock can be removed while no engine runs.'
    return { running: false, finding: error('engine', reasonOf(thrown), hint) }
  }
}

function dataDirectory({ data }: Patient): Finding[] {
  const name = 'data directory'
  if (!existsSync(data)) return [warning(name, `${data} is not there yet`, 'It is made by "rulewire start".')]
  const findings: Finding[] = []
  try {
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    return [error(name, `${data} cannot be used: ${reasonOf(cause)}`, 'Make it writable for this user.')]
  }
  const open = [data, ...readdirSync(data).map((file) => join(data, file))].filter(
    (file) => existsSync(file) && (statSync(file).mode & 0o077) !== 0,
  )
  if (open.length > 0) {
    const hint = 'Take these rights away: chmod -R go= on the data directory.'
    findings.push(warning(name, `others can read ${open.slice(0, 3).join(', ')}`, hint))
  } else findings.push(ok(name, `${data}, for its user alone`))
  const { bavail, bsize, type } = statfsSync(data)
  const free = Number(bavail) * Number(bsize)
  const text = `${megabytes(free)} free`
  const hint = 'Make room: without it nothing can be committed, and intake stops.'
  if (free < freeSpace.error) findings.push(error('disk', text, hint))
  else findings.push(free < freeSpace.warning ? warning('disk', text, hint) : ok('disk', text))
  const network = networkSystems[Number(type)]
  if (network !== undefined) {
    const hint = 'Put the data directory on a local disk: SQLite is not safe over a network.'
    findings.push(warning('disk', `${data} is on a file system of type ${network}`, hint))
  }
  return findings
}

function database({ data }: Patient): Finding[] {
  const file = join(data, databaseFile)
  if (!existsSync(file)) return []
  const findings: Finding[] = []
  try {
    const schema = verifyDatabase(file)
    findings.push(ok('database', `whole, schema ${schema}, ${megabytes(statSync(file).size)}`))
  } catch (thrown) {
    const hint = thrown instanceof RulewireError ? thrown.hint : 'Restore a backup.'
    findings.push(error('database', reasonOf(thrown), hint))
  }
  const log = `${file}-wal`
  const length = existsSync(log) ? statSync(log).size : 0
  if (length > longLog) {
    const hint = 'Another program may hold the database open; end it, or restart the engine.'
    findings.push(warning('database', `its log has ${megabytes(length)}`, hint))
  }
  return findings
}

function flowFiles({ flows, specs, connections }: Patient): Finding[] {
  if (!existsSync(flows)) return [warning('flows', `${flows} is not there yet`, 'It is made by "rulewire start".')]
  const names = readdirSync(flows).filter((name) => /^[^.].*\.json$/.test(name) && !/\.(schema|test)\.json$/.test(name))
  const findings = names.flatMap((name): Finding[] => {
    const file = join(flows, name)
    try {
      // Which secrets are set only the engine knows.
      const context = { specs, connections, secrets: () => '', file }
      const { problems } = checkText(readFileSync(file, 'utf8'), context)
      const errors = problems.filter(({ severity }) => severity === 'error').length
      if (errors === 0) return []
      return [error('flows', `${file}: ${errors} error${errors === 1 ? '' : 's'}`, `rulewire check ${file}`)]
    } catch (cause) {
      return [error('flows', `${file} cannot be read: ${reasonOf(cause)}`, 'Check its permissions.')]
    }
  })
  if (findings.length > 0) return findings
  return [ok('flows', `${names.length} in ${flows}, none with an error`)]
}

function certificate({ name, file, key }: Patient['certificates'][number], now: number): Finding {
  try {
    const found = new X509Certificate(readFileSync(file))
    const { validTo, validFrom } = found
    const [from, to] = [Date.parse(validFrom), Date.parse(validTo)]
    const text = `${file} ends ${new Date(to).toISOString().slice(0, 10)}`
    const hint = 'Renew it; an engine that runs takes the new one by itself.'
    if (from > now)
      return error(name, `${file} is not valid before ${validFrom}`, 'Check the clock and the certificate.')
    if (to < now) return error(name, text, hint)
    const fault = key === undefined ? undefined : keyFault(found, key)
    if (fault !== undefined)
      return error(name, fault, 'Name the key that belongs to it, a PEM file that this user may read.')
    return to < now + expiryWarning ? warning(name, text, hint) : ok(name, text)
  } catch (cause) {
    return error(name, `${file} cannot be read: ${reasonOf(cause)}`, 'Name a PEM file that this user may read.')
  }
}

/** Why a key cannot be used with a certificate, as a sentence. */
function keyFault(found: X509Certificate, key: { file: string } | 'missing'): string | undefined {
  if (key === 'missing') return 'there is no key for it'
  try {
    const own = createPrivateKey(readFileSync(key.file))
    return found.checkPrivateKey(own) ? undefined : `${key.file} is the key of another one`
  } catch (cause) {
    return `its key ${key.file} cannot be read: ${reasonOf(cause)}`
  }
}

async function ports({ http, mqtt, mqtts = { host: '', port: 0 } }: Patient): Promise<Finding[]> {
  const wanted = [
    { name: 'editor and API', ...http },
    { name: 'embedded broker', ...mqtt },
    { name: 'embedded broker', ...mqtts },
  ]
  return Promise.all(
    wanted
      .filter(({ port }) => port !== 0)
      .map(async ({ name, host, port }) => {
        const fault = await cannotListen(host, port)
        const place = `${host}:${port}`
        if (fault === undefined) return ok(name, `${place} is free`)
        return error(name, `${place} cannot be used: ${fault}`, 'End the program that uses it, or choose another port.')
      }),
  )
}

function cannotListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (cause) => resolve(reasonOf(cause)))
    server.listen({ host, port }, () => server.close(() => resolve(undefined)))
  })
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function ok(name: string, text: string): Finding {
  return { name, state: 'ok', text, hint: '' }
}

function warning(name: string, text: string, hint: string): Finding {
  return { name, state: 'warning', text, hint }
}

function error(name: string, text: string, hint: string): Finding {
  return { name, state: 'error', text, hint }
}
