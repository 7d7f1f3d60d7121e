import { z } from 'zod'
import { ruleFilterFault } from '../mqtt/broker/acl.ts'
import { egressEntryFault } from '../net/egress.ts'
import { commandLine, filePath, secretReference, section } from './fields.ts'

/** Part of the section `http`. */
export const httpTlsSettings = {
  tls: section(
    'Certificate for editor and API: with both files it speaks HTTPS. They are read again when they change.',
    {
      cert: filePath()
        .optional()
        .meta({
          description: 'Certificate of editor and API, PEM, with those between it and its authority: HTTPS.',
          cli: commandLine('tls-cert', { value: 'FILE' }),
        }),
      key: filePath()
        .optional()
        .meta({ description: 'The key of that certificate, PEM.', cli: commandLine('tls-key', { value: 'FILE' }) }),
    },
  ),
}

const rule = z.strictObject({
  action: z.enum(['publish', 'subscribe', 'both']).meta({ description: 'What is allowed.' }),
  filter: z
    .string()
    .min(1)
    .max(1024)
    .superRefine((filter, context) => {
      const fault = ruleFilterFault(filter)
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    })
    .meta({
      description: 'A topic filter; %u is the name of the user, %c the client id.',
      examples: ['sensors/%u/#'],
    }),
})

/** Part of the section `mqtt`. */
export const mqttAccessSettings = {
  anonymous: z
    .enum(['loopback', 'yes', 'no'])
    .default('loopback')
    .meta({
      description:
        'Who comes to the embedded broker without a login, or with a name that nobody has, may do everything: yes, no, or only while it listens on this machine alone.',
      cli: commandLine('mqtt-anonymous'),
    }),
  insecure: z
    .boolean()
    .default(false)
    .meta({
      description: 'Accepts that MQTT passwords and messages can be read on the way, because there is no TLS.',
      cli: commandLine('insecure-mqtt'),
    }),
  plain: z.boolean().default(true).meta({ description: 'False: the embedded broker has only its port with TLS.' }),
  tls: section('A port with TLS for the embedded broker, with the files of "http.tls" unless it has its own.', {
    port: z
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .meta({
        description: 'Port of the embedded broker with TLS, usually 8883; 0 takes a free one.',
        cli: commandLine('mqtt-tls-port', { value: 'PORT' }),
      }),
    cert: filePath()
      .optional()
      .meta({
        description: 'Certificate of the embedded broker, PEM.',
        cli: commandLine('mqtt-tls-cert', { value: 'FILE', shown: 'that of --tls-cert' }),
      }),
    key: filePath()
      .optional()
      .meta({
        description: 'The key of that certificate, PEM.',
        cli: commandLine('mqtt-tls-key', { value: 'FILE', shown: 'that of --tls-key' }),
      }),
    clientCa: filePath()
      .optional()
      .meta({
        description: 'Authority of client certificates, PEM: the common name of one is the name of its user.',
        cli: commandLine('mqtt-client-ca', { value: 'FILE' }),
      }),
    clientCertificates: z
      .enum(['optional', 'required'])
      .default('required')
      .meta({
        description: 'Whether every client needs a certificate, once there is an authority for them.',
        cli: commandLine('mqtt-client-certificates'),
      }),
  }),
  users: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'a name has 1 to 64 letters, digits, ".", "_", "@" and "-"'),
      z.strictObject({
        password: secretReference()
          .optional()
          .meta({ description: 'Name of a secret; without it only a client certificate lets the user in.' }),
        disabled: z.boolean().default(false).meta({ description: 'True: no login.' }),
        rules: z.array(rule).max(1000).default([]).meta({ description: 'What is allowed; everything else is not.' }),
      }),
    )
    .default({})
    .meta({
      description: 'Users of the embedded broker. Further ones are kept in the database ("rulewire broker-users").',
      examples: [
        { pump: { password: { $secret: 'pump-password' }, rules: [{ action: 'both', filter: 'pumps/%u/#' }] } },
      ],
    }),
  limits: section('Limits of the embedded broker.', {
    packet: z
      .int()
      .min(1024)
      .max(268_435_455)
      .default(262_144)
      .meta({ description: 'Bytes of one MQTT packet; a larger one ends the connection.' }),
    connections: z.int().min(1).max(100_000).default(1000).meta({ description: 'Connections at the same time.' }),
    connectionsPerAddress: z
      .int()
      .min(1)
      .max(100_000)
      .default(500)
      .meta({ description: 'Of those, from one address; this machine is not counted.' }),
  }),
}

/** Where flows may connect to. */
export const egressSettings = {
  egress: section('Where HTTP requests of flows may go, beside public addresses.', {
    allow: z
      .array(
        z.string().superRefine((text, context) => {
          const fault = egressEntryFault(text)
          if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
        }),
      )
      .default([])
      .meta({
        description:
          'Inner address that flows may call: 192.168.1.10, 192.168.1.10:8123, 10.0.0.0/8, hook.lan, *.plant.example, private or local; several times.',
        examples: [['192.168.1.10:8123', '10.20.0.0/16']],
        cli: commandLine('egress-allow', { value: 'PLACE' }),
      }),
    public: z
      .boolean()
      .default(true)
      .meta({ description: 'False: only what "allow" names; public addresses are refused, too.' }),
  }),
}
