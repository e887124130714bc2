import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { until, within } from '@ls/testkit'
import { afterTest } from './cleanup.js'

/** A TCP client that sends the bytes it is given. */
export class RawClient {
  readonly socket: Socket
  #received = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
    })
    afterTest(() => socket.destroy())
  }

  static async open(where: NetConnectOpts): Promise<RawClient> {
    const socket = connect({ allowHalfOpen: true, noDelay: true, ...where })
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  write(...parts: readonly (string | readonly number[] | Uint8Array)[]): this {
    for (const part of parts) this.socket.write(typeof part === 'string' ? part : Uint8Array.from(part))
    return this
  }

  /** Reads the next `length` bytes. */
  async read(length: number): Promise<Buffer> {
    const isThere = (): boolean => this.#received.length >= length || this.socket.readableEnded || this.socket.destroyed
    await until(isThere, `${length} bytes`)
    const bytes = this.#received.subarray(0, length)
    this.#received = this.#received.subarray(length)
    return bytes
  }

  /** Reads everything until the other side has ended or is gone. */
  async readAll(): Promise<Buffer> {
    await until(() => this.socket.readableEnded || this.socket.destroyed, 'the end')
    return this.#received
  }

  /** Resolves when the connection is closed, for any reason; this side ends with the other one. */
  async gone(): Promise<void> {
    this.socket.once('end', () => this.socket.end())
    if (this.socket.readableEnded) this.socket.end()
    if (!this.socket.closed) await within(once(this.socket, 'close'), 'the connection to close')
  }
}
