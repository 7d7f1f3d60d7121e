/**
 * The settings of `rulewire start`: one table for the config file, the environment and the command line.
 *
 * **To add a setting, write it here, once.** A field of the schema gives all of this:
 * - the name in the file, as nested objects: `limits.outbox.rows`;
 * - type and range for the check, with the place in the file, what was found and the nearest name (`rulewire config check`);
 * - the default: `.default(...)`, or `.optional()` when nothing is meant too;
 * - what it is for: `meta({ description })`. It is the help of the option and what editors show (`flows/rulewire.schema.json`,
 *   which `npm run generate` writes);
 * - with `cli: commandLine('outbox-limit', { value: 'N' })` also `--outbox-limit` and RULEWIRE_OUTBOX_LIMIT. Without `cli` it
 *   stands in the file only, which is right for anything with a structure of its own;
 * - with `live: true` the promise that it takes effect at SIGHUP: engine/cli/reload.ts applies it.
 *
 * Then read it where the engine is put together: `settings.limits.outbox.rows` in engine/cli/start.ts, as an EngineOption.
 * Files are `filePath()` (relative to the config file), durations `duration().prefault('10s')` (milliseconds in code), secrets `secretReference()`,
 * a group of settings is `section(...)`. A larger group may live in a file of its own beside this one and be named here.
 */
import { z } from 'zod'
import { duration } from '../spec/fields.ts'
import { size } from '../spec/history.ts'
import { connectionSettings } from './connections.ts'
import { commandLine, filePath, hostName, section } from './fields.ts'
import { egressSettings, httpTlsSettings, mqttAccessSettings } from './security.ts'
import { telemetrySettings } from './telemetry.ts'

/** Largest count that a limit takes. */
const most = 1_000_000_000

export const settingsSchema = z.strictObject({
  $schema: z.string().optional().meta({ description: 'Path of rulewire.schema.json, for editors.' }),
  flows: filePath()
    .default('./flows')
    .meta({ description: 'Directory of the flow files.', cli: commandLine('flows', { value: 'DIR' }) }),
  data: filePath()
    .default('./data')
    .meta({
      description: 'Directory of the database; made when missing.',
      cli: commandLine('data', { value: 'DIR' }),
    }),
  http: section('Editor and API.', {
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .meta({ description: 'Address for editor and API.', cli: commandLine('host', { value: 'HOST' }) }),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(1870)
      .meta({
        description: 'Port for editor and API; 0 takes a free one.',
        cli: commandLine('port', { value: 'PORT' }),
      }),
    allowedHosts: z
      .array(hostName())
      .default([])
      .meta({
        description: 'Further name by which browsers may open the editor, as behind a proxy; several times.',
        cli: commandLine('allowed-host', { value: 'NAME', variable: 'RULEWIRE_ALLOWED_HOSTS' }),
      }),
    behindProxy: z
      .boolean()
      .default(false)
      .meta({
        description: 'A proxy with HTTPS stands in front: users log in, and X-Forwarded-For tells who asks.',
        cli: commandLine('behind-proxy'),
      }),
    insecure: z
      .boolean()
      .default(false)
      .meta({
        description: 'Accepts that passwords can be read on the way, because there is no TLS.',
        cli: commandLine('insecure-http'),
      }),
    sessions: section('Logins of people.', {
      idle: duration()
        .prefault('12h')
        .meta({ description: 'A session ends when nothing was asked in it for so long.', examples: ['12h'] }),
      life: duration()
        .prefault('7d')
        .meta({ description: 'A session ends after so long in any case.', examples: ['7d'] }),
    }),
    ...httpTlsSettings,
  }),
  mqtt: section('The embedded broker.', {
    host: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'Address of the embedded broker.',
        cli: commandLine('mqtt-host', { value: 'HOST', shown: 'that of --host' }),
      }),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(1883)
      .meta({
        description: 'Port of the embedded broker; 0 takes a free one.',
        cli: commandLine('mqtt-port', { value: 'PORT' }),
      }),
    ...mqttAccessSettings,
  }),
  ...connectionSettings,
  ...egressSettings,
  limits: section('How much may wait or is kept.', {
    outbox: section('Messages at QoS 1 and 2 that wait for a broker.', {
      rows: z
        .int()
        .min(1)
        .max(most)
        .default(1_000_000)
        .meta({
          description: 'Messages at QoS 1 and 2 that may wait for one broker.',
          cli: commandLine('outbox-limit', { value: 'N' }),
        }),
      policy: z
        .enum(['block', 'drop-oldest', 'dead-letter'])
        .default('block')
        .meta({
          description:
            'What happens at that limit: take nothing in, drop the oldest (counted), or keep further ones as dead letters.',
          cli: commandLine('outbox-policy'),
        }),
    }),
    requests: z.int().min(1).max(most).default(100_000).meta({ description: 'HTTP requests that may wait.' }),
    deadLetters: z
      .int()
      .min(1)
      .max(most)
      .default(100_000)
      .meta({ description: 'Dead letters that are kept; the oldest go.' }),
    alarmLog: z
      .int()
      .min(1)
      .max(most)
      .default(100_000)
      .meta({ description: 'Transitions of alarms that are kept; the oldest go.' }),
    deploys: z
      .int()
      .min(2)
      .max(10_000)
      .default(50)
      .meta({ description: 'Versions of each flow that are kept; the oldest go.' }),
    audit: z
      .int()
      .min(1000)
      .max(most)
      .default(100_000)
      .meta({ description: 'Entries of the audit log that are kept; the oldest go.' }),
  }),
  disk: z
    .strictObject({
      history: size()
        .prefault('200MB')
        .meta({ description: 'Below this nothing is recorded.', examples: ['200MB'] }),
      intake: size()
        .prefault('50MB')
        .meta({ description: 'Below this no messages are taken from brokers.', examples: ['50MB'] }),
    })
    .superRefine(({ history, intake }, context) => {
      if (intake <= history) return
      const message = 'it is more than "history", which has to stop first; write a size that is not above that'
      context.addIssue({ code: 'custom', path: ['intake'], message })
    })
    .prefault({})
    .meta({
      description: 'Free room on the disk of the data directory below which something stops; it goes on by itself.',
    }),
  durability: z
    .enum(['full', 'normal'])
    .default('full')
    .meta({
      description: 'full: acked messages survive a power cut; normal: a crash of the program.',
      cli: commandLine('durability'),
    }),
  withoutLogin: z
    .boolean()
    .default(false)
    .meta({
      description: 'Accepts that everybody who reaches these addresses may change flows and publish messages.',
      cli: commandLine('without-login'),
    }),
  log: section('The log, on standard error.', {
    level: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .meta({ description: 'Least important lines of the log.', live: true, cli: commandLine('log-level') }),
    format: z
      .enum(['text', 'json'])
      .default('text')
      .meta({ description: 'Log lines for people or for programs.', cli: commandLine('log-format') }),
    repeats: duration()
      .prefault('10s')
      .meta({
        description:
          'A line that comes again and again is written at most so often, with how often it came; "0s" writes all.',
        examples: ['10s'],
      }),
  }),
  telemetry: telemetrySettings,
  metrics: section('GET /metrics, for Prometheus.', {
    open: z
      .boolean()
      .default(false)
      .meta({
        description: 'Whether everybody who reaches the server may read them; otherwise viewers, as with a token.',
        cli: commandLine('open-metrics'),
      }),
  }),
})

/** What the settings are once everything is read: durations in milliseconds, defaults filled in. */
export type Settings = z.output<typeof settingsSchema>
