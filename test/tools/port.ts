import { createServer } from 'node:net'

/** A TCP port of 127.0.0.1 that nobody listens on now. For programs that cannot choose one themselves. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('The system gave no port'))
        else resolve(address.port)
      })
    })
  })
}
