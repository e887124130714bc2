import type { Duplex } from 'node:stream'
import { discardStream } from '@ls/dial'
import { lingerMs } from '../limits.js'

/**
 * Writes `lastWords`, and closes after the peer has had {@link lingerMs} to read them and to close its side. Input is
 * discarded until then: closing with unread bytes makes the kernel send a reset, which can overtake the last bytes.
 */
export function endGracefully(socket: Duplex, lastWords?: Uint8Array): void {
  if (lastWords === undefined || lastWords.length === 0 || !socket.writable) {
    discardStream(socket)
    return
  }
  const timer = setTimeout(() => discardStream(socket), lingerMs)
  socket.once('close', () => clearTimeout(timer))
  socket.resume()
  socket.end(lastWords)
}
