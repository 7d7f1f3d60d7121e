import { timingSafeEqual } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomSecret, secretHash } from '../auth/index.ts'
import { reasonOf } from '../errors.ts'
import type { Log } from '../log.ts'

/** The one-time token with which the first admin is made (C3). It lives as long as this process and stands in a file of mode 0600. */
export class SetupToken {
  readonly #file: string | undefined
  readonly #log: Log
  #hash: Buffer | undefined

  /** @param directory the data directory; `:memory:` has no file */
  constructor(directory: string, log: Log) {
    this.#file = directory === ':memory:' ? undefined : join(directory, 'setup-token')
    this.#log = log
  }

  /** Makes a new one; the one before is worth nothing from then on. */
  open(): { token: string; file: string | undefined } {
    const token = randomSecret()
    this.#hash = Buffer.from(secretHash(token))
    const file = this.#write(token)
    return { token, file }
  }

  /** Whether it is this one; then it is used up, unless it is given back because nobody was made with it. */
  take(token: string): boolean {
    if (this.#hash === undefined || !timingSafeEqual(this.#hash, Buffer.from(secretHash(token)))) return false
    this.#hash = undefined
    return true
  }

  giveBack(token: string): void {
    this.#hash = Buffer.from(secretHash(token))
  }

  /** There are users: it is worth nothing any more, and the file goes. */
  close(): void {
    this.#hash = undefined
    if (this.#file === undefined) return
    try {
      rmSync(this.#file, { force: true })
    } catch (thrown) {
      this.#log('warn', `the file of the setup token could not be removed: ${reasonOf(thrown)}`)
    }
  }

  /** Beside and renamed, so that nobody reads half of it or one with another mode. The console shows it in any case. */
  #write(token: string): string | undefined {
    if (this.#file === undefined) return undefined
    const beside = `${this.#file}.${process.pid}.tmp`
    try {
      rmSync(beside, { force: true })
      writeFileSync(beside, `${token}\n`, { mode: 0o600, flag: 'wx' })
      renameSync(beside, this.#file)
      return this.#file
    } catch (thrown) {
      this.#log('warn', `the setup token could not be written to its file: ${reasonOf(thrown)}`)
      return undefined
    }
  }
}
