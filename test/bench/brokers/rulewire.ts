/** The embedded broker alone: node rulewire.ts <data directory>; prints its port. */
import { startBroker } from '../../../engine/mqtt/broker/broker.ts'
import { createBrokerStore } from '../../../engine/store/broker.ts'
import { openStore } from '../../../engine/store/index.ts'

const { database } = openStore(process.argv[2] ?? ':memory:')
const log = (level: string, text: string) => console.error(level, text)
const broker = await startBroker({ port: 0, store: createBrokerStore(database), now: Date.now, log })
console.log(broker.port)
process.on('SIGTERM', () => process.exit(0))
