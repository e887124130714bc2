import { payloadChunks } from './payload.mjs'

/**
 * Bytes that are written before other sockets get a turn. A write that the system accepts immediately calls back before
 * other code runs, so a fast reader would keep the process for itself.
 */
const burstBytes = 256 * 1024

/**
 * Writes chunks of `bytes` to `socket` as fast as it accepts them, one after the other, since waiting chunks would be
 * joined.
 */
export function pour(socket, bytes) {
  const chunks = payloadChunks(bytes)
  let index = 0
  let left = burstBytes
  const write = () => {
    if (socket.destroyed) return
    socket.write(chunks[index], next)
    index = (index + 1) % chunks.length
  }
  const next = () => {
    left -= bytes
    if (left > 0) return write()
    left = burstBytes
    setImmediate(write)
  }
  write()
}
