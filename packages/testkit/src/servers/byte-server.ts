import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { seededBytes } from '../seeded-bytes.js'
import { tcpServer, type TestTcpServer } from './tcp-server.js'

export interface ByteServerOptions {
  /** Number of bytes that each connection gets. */
  readonly sendBytes: number
  /** Seed of the bytes, see `seededBytes`. @default 1 */
  readonly seed?: number
}

const chunkBytes = 64 * 1024

/** Sends every client the first bytes of a seed, as fast as it reads, then ends; discards what it receives. */
export function byteServer(options: ByteServerOptions): Promise<TestTcpServer> {
  return tcpServer((socket) => {
    socket.resume()
    sendSeeded(socket, options)
  })
}

/**
 * Reads until the client ends its side, then answers with the SHA-256 of all received bytes in lowercase hex, and ends.
 */
export function hashServer(): Promise<TestTcpServer> {
  return tcpServer((socket) => {
    const hash = createHash('sha256')
    socket.on('data', (chunk) => hash.update(chunk))
    socket.on('end', () => socket.end(hash.digest('hex')))
  })
}

function sendSeeded(socket: Socket, { sendBytes, seed = 1 }: ByteServerOptions): void {
  const bytes = seededBytes(seed)
  let left = sendBytes
  const fill = (): void => {
    while (left > 0) {
      const length = Math.min(left, chunkBytes)
      left -= length
      if (!socket.write(bytes.take(length))) return
    }
    socket.off('drain', fill)
    socket.end()
  }
  socket.on('drain', fill)
  fill()
}
