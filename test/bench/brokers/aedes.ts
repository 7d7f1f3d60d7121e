/** aedes as it comes, with everything in memory; prints its port. */
import { createServer } from 'node:net'
import { Aedes } from 'aedes'

const aedes = new Aedes()
await aedes.listen()
const server = createServer({ noDelay: true }, aedes.handle)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(address === null || typeof address === 'string' ? 0 : address.port)
})
process.on('SIGTERM', () => process.exit(0))
