import type { Values } from './option.ts'
import { choice, flag, integer, OptionFault, text, texts, url } from './option.ts'

/** The options of `rulewire start`: parsing, help, environment and checks come from this table. */
export const startOptions = {
  flows: text({
    value: 'DIR',
    variable: 'RULEWIRE_FLOWS',
    fallback: './flows',
    help: 'Directory of the flow files.',
  }),
  data: text({
    value: 'DIR',
    variable: 'RULEWIRE_DATA',
    fallback: './data',
    help: 'Directory of the database; made when missing.',
  }),
  host: text({
    value: 'HOST',
    variable: 'RULEWIRE_HOST',
    fallback: '127.0.0.1',
    help: 'Address for editor and API.',
  }),
  port: integer({
    value: 'PORT',
    variable: 'RULEWIRE_PORT',
    fallback: 1870,
    least: 0,
    most: 65_535,
    help: 'Port for editor and API; 0 takes a free one.',
  }),
  'mqtt-host': text({
    value: 'HOST',
    variable: 'RULEWIRE_MQTT_HOST',
    fallback: undefined,
    shown: 'that of --host',
    help: 'Address of the embedded broker.',
  }),
  'mqtt-port': integer({
    value: 'PORT',
    variable: 'RULEWIRE_MQTT_PORT',
    fallback: 1883,
    least: 0,
    most: 65_535,
    help: 'Port of the embedded broker; 0 takes a free one.',
  }),
  broker: url({
    variable: 'RULEWIRE_BROKER',
    fallback: undefined,
    schemes: ['mqtt', 'mqtts', 'ws', 'wss'],
    example: 'mqtt://127.0.0.1:1883',
    help: 'Uses this broker instead of an embedded one.',
  }),
  'broker-ca': text({
    value: 'FILE',
    variable: 'RULEWIRE_BROKER_CA',
    fallback: undefined,
    help: 'Certificate authority of mqtts:// and wss:// brokers, PEM.',
  }),
  'broker-cert': text({
    value: 'FILE',
    variable: 'RULEWIRE_BROKER_CERT',
    fallback: undefined,
    help: 'Our certificate for brokers that ask for one, PEM.',
  }),
  'broker-key': text({
    value: 'FILE',
    variable: 'RULEWIRE_BROKER_KEY',
    fallback: undefined,
    help: 'The key of that certificate, PEM.',
  }),
  connection: texts({
    value: 'NAME=URL',
    variable: 'RULEWIRE_CONNECTIONS',
    help: 'A further broker, which nodes name as "broker"; several times.',
    check: (pair) => {
      if (/^[a-z0-9-]{1,64}=(mqtts?|wss?):\/\/[^/]+/.test(pair) && !pair.startsWith('default=')) return
      throw new OptionFault(
        'that is no name with a URL',
        'Write it as plant=mqtt://10.0.0.5:1883; "default" is --broker.',
      )
    },
  }),
  'outbox-limit': integer({
    value: 'N',
    variable: 'RULEWIRE_OUTBOX_LIMIT',
    fallback: 1_000_000,
    least: 1,
    most: 1_000_000_000,
    help: 'Messages at QoS 1 and 2 that may wait for one broker.',
  }),
  'outbox-policy': choice({
    words: ['block', 'drop-oldest', 'dead-letter'],
    variable: 'RULEWIRE_OUTBOX_POLICY',
    fallback: 'block',
    help: 'What happens at that limit: take nothing in, drop the oldest (counted), or keep further ones as dead letters.',
  }),
  durability: choice({
    words: ['full', 'normal'],
    variable: 'RULEWIRE_DURABILITY',
    fallback: 'full',
    help: 'full: acked messages survive a power cut; normal: a crash of the program.',
  }),
  'allowed-host': texts({
    value: 'NAME',
    variable: 'RULEWIRE_ALLOWED_HOSTS',
    help: 'Further name by which browsers may open the editor, as behind a proxy; several times.',
    check: (name) => {
      if (/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(name)) return
      throw new OptionFault('that is no host name', 'Write a name such as rulewire.example or rulewire.example:8443.')
    },
  }),
  'without-login': flag({
    variable: 'RULEWIRE_WITHOUT_LOGIN',
    help: 'Accepts that everybody who reaches these addresses may change flows and publish messages.',
  }),
  'log-level': choice({
    words: ['debug', 'info', 'warn', 'error'],
    variable: 'RULEWIRE_LOG_LEVEL',
    fallback: 'info',
    help: 'Least important lines of the log.',
  }),
  'log-format': choice({
    words: ['text', 'json'],
    variable: 'RULEWIRE_LOG_FORMAT',
    fallback: 'text',
    help: 'Log lines for people or for programs.',
  }),
}

export type StartValues = Values<typeof startOptions>
