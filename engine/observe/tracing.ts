import type { TelemetryOptions } from '../host/options.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../run/ports.ts'
import { SpanExporter } from './otlp.ts'
import { spanWatcher } from './spans.ts'
import type { Seat } from './watchers.ts'

export interface TracingOptions {
  telemetry: TelemetryOptions
  /** Where runs are watched from. */
  seat: Seat
  /** Value of a secret. Throws when it cannot be read. */
  secret(name: string): string | undefined
  version: string
  /** Of the data directory: tells engines apart. */
  instance: string
  clock: Clock
  random(): number
  log: Log
}

/** Sends traces of some of the messages from now on. */
export function startTracing({ telemetry, seat, secret, version, instance, ...rest }: TracingOptions): SpanExporter {
  const { clock, random, log } = rest
  const { url, sample, service, headers } = telemetry
  const read = (value: TelemetryOptions['headers'][string]) =>
    typeof value === 'string' ? value : (secret(value.$secret) ?? '')
  const exporter = new SpanExporter({
    url,
    headers: () => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, read(value)])),
    resource: { 'service.name': service, 'service.version': version, 'service.instance.id': instance },
    version,
    clock,
    log,
  })
  seat.watcher = spanWatcher({
    sample,
    random,
    now: () => clock.now(),
    micros: () => performance.now() * 1000,
    add: (spans) => exporter.add(spans),
  })
  return exporter
}
