import type { IncomingMessage } from 'node:http'

/** Pieces of at least this size are passed on as they are, in bytes: their objects cost little in comparison. */
const largePieceBytes = 1024

/**
 * Merges the small pieces of a body that arrive in one read. Node makes an object for each chunk of a chunked body, and
 * streams count bytes, not objects: chunks of one byte took 300 times their size while a slow reader kept them waiting.
 *
 * @param message Of which no body has arrived yet: call it in the event that reports the message.
 */
export function mergePieces(message: IncomingMessage): void {
  const push = message.push.bind(message)
  let small: Buffer[] = []
  let smallBytes = 0
  const flush = (): void => {
    if (smallBytes === 0) return
    const merged = small.length === 1 ? small[0] : Buffer.concat(small, smallBytes)
    small = []
    smallBytes = 0
    push(merged)
  }
  const destroy = message.destroy.bind(message)
  // A reader gets what has arrived before a cut.
  message.destroy = (error) => {
    flush()
    return destroy(error)
  }
  message.push = (piece: Buffer | null) => {
    if (piece === null || piece.length >= largePieceBytes) {
      flush()
      return push(piece)
    }
    // Node runs microtasks after each piece, and this after the read.
    if (smallBytes === 0) setImmediate(flush)
    small.push(piece)
    smallBytes += piece.length
    return message.readableLength + smallBytes < message.readableHighWaterMark
  }
}
