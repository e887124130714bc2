import { Buffer } from 'node:buffer'
import { EventEmitter } from 'node:events'

/**
 * A connection of `@ls/web` with the methods of Node's `net.Socket` that the driver uses.
 *
 * @param {import('@ls/web').TcpSocket} tcp
 */
export function socketOf(tcp) {
  const writer = tcp.writable.getWriter()
  const socket = Object.assign(new EventEmitter(), {
    readyState: 'open',
    /** @param {Uint8Array} bytes @param {() => void} [done] */
    write(bytes, done) {
      // A copy: the driver uses its buffer again.
      writer.write(new Uint8Array(bytes)).then(done, fail)
      return true
    },
    /** @param {Uint8Array} [bytes] */
    end(bytes) {
      if (bytes !== undefined) socket.write(bytes)
      writer.close().catch(() => {})
    },
    destroy: () => tcp.close(),
    pause() {},
    resume() {},
  })
  /** @param {unknown} error */
  const fail = (error) => socket.emit('error', error)
  const read = async () => {
    for await (const chunk of tcp.readable) socket.emit('data', Buffer.from(chunk))
  }
  read()
    .catch(fail)
    .finally(() => {
      socket.readyState = 'closed'
      socket.emit('close')
    })
  return socket
}
