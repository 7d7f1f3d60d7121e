import { z } from 'zod'
import { idPattern } from '../flow/index.ts'
import { defaultConnection } from '../spec/connection.ts'
import { duration, textOrSecret } from '../spec/fields.ts'
import { historyFields } from '../spec/history.ts'
import { brokerUrl, commandLine, filePath, secretReference, section } from './fields.ts'

/** PEM files for a TLS connection to a broker. */
const tlsFiles = {
  ca: filePath().optional().meta({ description: 'Certificate authority that the broker is checked with, PEM.' }),
  cert: filePath().optional().meta({ description: 'Our certificate, for a broker that asks for one, PEM.' }),
  key: filePath().optional().meta({ description: 'The key of that certificate, PEM.' }),
  insecure: z.boolean().default(false).meta({
    description:
      "True: the broker's certificate is not checked, so whoever is on the way can read and change everything. It is shown wherever the connection is.",
  }),
}

/** One broker connection. */
const connection = z.strictObject({
  url: brokerUrl().optional().meta({ description: 'Where the broker is.' }),
  username: textOrSecret()
    .optional()
    .meta({ description: 'Goes before one in the URL.', examples: ['rulewire'] }),
  password: secretReference().optional().meta({ description: 'Name of a secret; goes before one in the URL.' }),
  ...tlsFiles,
  protocol: z
    .enum(['5', '3.1.1'])
    .default('5')
    .meta({ description: 'Version of MQTT that is tried first; 3.1.1 is tried where a broker refuses 5.' }),
  keepalive: duration()
    .refine((time) => time >= 1000 && time <= 65_535_000, 'that is out of range; write a duration from 1s to 65535s')
    .prefault('30s')
    .meta({ description: 'A broker that is silent for 1.5 times this is gone.', examples: ['30s'] }),
  sessionExpiry: duration()
    .prefault('7d')
    .meta({ description: 'How long the broker keeps messages for us while we are away (MQTT 5).', examples: ['7d'] }),
  history: z
    .strictObject(historyFields)
    .optional()
    .meta({
      description: 'Records messages, for looking back and for backtests; flows may have a "history" of their own.',
      examples: [{ filters: ['plant/#'], keep: '30d', size: '500MB' }],
    }),
})

/** Settings that say which brokers there are. */
export const connectionSettings = {
  connections: z
    .record(z.string().regex(idPattern, 'a name is 1 to 64 of a-z, 0-9 and "-"'), connection)
    .superRefine((all, context) => {
      for (const [name, { url }] of Object.entries(all)) {
        if (url !== undefined || name === defaultConnection) continue
        const message =
          'it has no "url"; write "url": "mqtt://host:1883" (only "default" may have none: the embedded broker)'
        context.addIssue({ code: 'custom', path: [name], message })
      }
    })
    .prefault({})
    .meta({
      description:
        'Brokers by the name that nodes give as "broker". "default" is for nodes that name none; without a "url" it is the embedded one.',
      examples: [{ plant: { url: 'mqtts://plant.example:8883' } }],
      cli: [
        commandLine('broker', {
          value: 'URL',
          below: ['default', 'url'],
          help: 'Uses this broker instead of an embedded one.',
        }),
        commandLine('connection', {
          value: 'NAME=URL',
          variable: 'RULEWIRE_CONNECTIONS',
          pairs: 'url',
          help: 'A further broker, which nodes name as "broker"; several times.',
        }),
      ],
    }),
  brokerTls: section('Certificates for the mqtts:// and wss:// connections that name none of their own.', {
    ca: tlsFiles.ca.meta({
      description: 'Certificate authority of mqtts:// and wss:// brokers, PEM.',
      cli: commandLine('broker-ca', { value: 'FILE' }),
    }),
    cert: tlsFiles.cert.meta({
      description: 'Our certificate for brokers that ask for one, PEM.',
      cli: commandLine('broker-cert', { value: 'FILE' }),
    }),
    key: tlsFiles.key.meta({
      description: 'The key of that certificate, PEM.',
      cli: commandLine('broker-key', { value: 'FILE' }),
    }),
    insecure: tlsFiles.insecure.meta({
      description:
        'Brokers are not checked by their certificate: whoever is on the way can read and change everything.',
      cli: commandLine('broker-insecure'),
    }),
  }),
}
