import { Duplex } from 'node:stream'

interface Chunk {
  readonly chunk: Buffer
}

/**
 * The stream that MQTT.js is given in place of the socket. What MQTT.js writes goes to the socket unchanged; what it shall
 * read is handed over packet by packet with `push`. Destroying it destroys the socket.
 */
export class Wire extends Duplex {
  readonly #socket: Duplex

  constructor(socket: Duplex) {
    super({ allowHalfOpen: true })
    this.#socket = socket
  }

  override _read(): void {
    // Packets are pushed when they come.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(chunk)
    done()
  }

  /** MQTT.js corks the stream for each packet, so a packet comes here whole and is one write. */
  override _writev(chunks: readonly Chunk[], done: () => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)))
    done()
  }

  override _final(done: () => void): void {
    this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
