import { createServer, type IncomingHttpHeaders } from 'node:http'

/** A span as it came over the wire. */
export interface CollectedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
  status: { code?: number; message?: string }
}

export interface Collector {
  url: string
  spans: CollectedSpan[]
  bodies: string[]
  headers: IncomingHttpHeaders[]
  /** What it answers with; 0: it never does. */
  status: number
  close(): Promise<void>
}

/** An OpenTelemetry collector as far as an exporter sees one: it takes OTLP/HTTP in JSON. */
export async function startCollector(): Promise<Collector> {
  const collector: Collector = {
    url: '',
    spans: [],
    bodies: [],
    headers: [],
    status: 200,
    close: () => Promise.resolve(),
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set
    const body = Buffer.concat(chunks).toString()
    collector.headers.push(request.headers)
    collector.bodies.push(body)
    if (collector.status === 200) {
      for (const { scopeSpans } of JSON.parse(body).resourceSpans)
        for (const { spans } of scopeSpans) collector.spans.push(...spans)
    }
    if (collector.status !== 0) response.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  collector.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1/traces`
  collector.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return collector
}
