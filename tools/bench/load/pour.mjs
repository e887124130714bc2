import { payloadChunks } from './payload.mjs'

/**
 * Bytes in a row before other sockets get their turn: a write that the system takes at once calls back before anything
 * else runs, and a fast reader would have the process to itself.
 */
const burstBytes = 256 * 1024

/** Writes chunks of `bytes` to `socket` as fast as it takes them, one after the other: what waits would be joined. */
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
