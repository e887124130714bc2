import { Buffer } from 'node:buffer'
import { BaseStream } from '@microsoft/dev-tunnels-ssh'

/** A connection of `@ls/web` in the form that the SSH client expects. */
export class SshStream extends BaseStream {
  #tcp
  #writer

  /** @param {import('@ls/web').TcpSocket} tcp */
  constructor(tcp) {
    super()
    this.#tcp = tcp
    this.#writer = tcp.writable.getWriter()
    this.#read().then(
      () => this.onEnd(),
      (error) => this.onError(error),
    )
  }

  /** @override @param {Uint8Array} bytes */
  write(bytes) {
    // A copy: the client uses its buffer again.
    return this.#writer.write(new Uint8Array(bytes))
  }

  /** @override */
  async close() {
    this.dispose()
  }

  /** @override */
  dispose() {
    this.#tcp.close()
    super.dispose()
  }

  async #read() {
    for await (const chunk of this.#tcp.readable) this.onData(Buffer.from(chunk))
  }
}
