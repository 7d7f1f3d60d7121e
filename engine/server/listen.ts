import { createServer, type Server } from 'node:net'
import { reasonOf, rulewireError } from '../errors.ts'

/** Where a server listens; port 0 lets the system choose. */
export interface ListenPlace {
  readonly host: string
  readonly port: number
}

/** Listens and resolves to the port. Throws PORT_TAKEN and BIND_FAILED. */
export function listen(server: Server, { host, port }: ListenPlace): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(cause, host, port)))
    server.listen({ host, port }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/** Finds out whether one could listen there, without answering anybody. Throws as {@link listen} does. */
export async function checkPlace(place: ListenPlace): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  await listen(server, place)
  await new Promise((resolve) => server.close(resolve))
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const what = 'the HTTP server'
  if (cause.code === 'EADDRINUSE') {
    const instead = `Choose another with --port, or end the program that listens on ${port}.`
    return rulewireError('PORT_TAKEN', { port, host, what, instead }, { cause })
  }
  const options = { hostOption: '--host', portOption: '--port' }
  return rulewireError(
    'BIND_FAILED',
    { what: 'The HTTP server', host, port, detail: reasonOf(cause), ...options },
    { cause },
  )
}
