/** A process that runs the broker on a database file until it is killed: node serve.ts <file> <port>. */
import { startTestBroker } from './harness.ts'

const [file, port] = process.argv.slice(2)
if (file === undefined || port === undefined) throw new Error('usage: serve.ts <database file> <port>')
await startTestBroker({ file, port: Number(port) })
process.stdout.write('ready\n')
