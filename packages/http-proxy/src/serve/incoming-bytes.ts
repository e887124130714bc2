import type { Duplex } from 'node:stream'

/**
 * Lets `change` rewrite the bytes of a stream before any reader: buffered ones, and all later ones until the returned
 * function is called. A wrapping stream would do the same, but would slow down every tunnel.
 */
export function changeIncoming(stream: Duplex, change: (bytes: Buffer) => Buffer): () => void {
  const held = stream.readableLength > 0 ? (stream.read() as Buffer | null) : null
  if (held !== null) stream.unshift(change(held))
  const push = stream.push.bind(stream)
  stream.push = (chunk: unknown, encoding?: BufferEncoding) =>
    push(Buffer.isBuffer(chunk) ? change(chunk) : chunk, encoding)
  return () => void Reflect.deleteProperty(stream, 'push')
}

/** Makes Node's HTTP server read from the stream of its socket, and not past it from the handle. */
export function readFromStream(socket: Duplex): void {
  const ignore = (): void => {}
  // The server reads from the stream as soon as other code listens for data, and continues to do so.
  socket.on('data', ignore).off('data', ignore)
}
