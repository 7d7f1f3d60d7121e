/** A process that holds the write lock of a database until its input ends: node lock.ts <file>. */
import Database from 'better-sqlite3'

const file = process.argv[2]
if (file === undefined) throw new Error('usage: lock.ts <database file>')
const database = new Database(file, { timeout: 5000 })
database.exec('BEGIN IMMEDIATE')
process.stdout.write('locked\n')
process.stdin.resume()
process.stdin.on('end', () => {
  database.exec('ROLLBACK')
  database.close()
})
