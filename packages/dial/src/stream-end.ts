import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * State of the end of a stream, which decides how it may be closed:
 *
 * - `whole`: its end was sent after all its bytes, and its reader will receive it
 * - `leaving`: everything is written, and its end is being sent
 * - `ending`: its end waits behind bytes that are still being written
 * - `queued`: it has no end, and bytes wait to be written
 * - `broken`: it has no end, and no bytes wait
 */
export type StreamEnd = 'whole' | 'leaving' | 'ending' | 'queued' | 'broken'

/**
 * Returns the state of a stream's end. Only a stream whose end was written after all its bytes ends normally; every
 * other is reset (RFC 9293 §3.5.2).
 */
export function streamEnd(stream: Pick<Duplex, 'writableEnded' | 'writableFinished' | 'writableLength'>): StreamEnd {
  if (stream.writableFinished) return 'whole'
  if (stream.writableEnded) return stream.writableLength > 0 ? 'ending' : 'leaving'
  return stream.writableLength > 0 ? 'queued' : 'broken'
}

/**
 * Closes a stream immediately: with its end if that was sent, otherwise with a reset, so that a part never looks
 * complete.
 */
export function closeStream(stream: Duplex, reason?: Error): void {
  if (stream.destroyed) return
  const end = streamEnd(stream)
  if (end === 'whole') stream.destroy()
  // The end leaves within a turn. Until then libuv refuses a reset, and the stream would never close.
  else if (end === 'leaving') stream.once('finish', () => stream.destroy())
  else reset(stream, reason)
}

/**
 * Closes a stream whose source has failed: bytes already written are still sent, followed by a reset. A reader that
 * stops reading keeps it open: the caller sets the limit, and calls {@link closeStream} at it.
 */
export function breakStream(stream: Duplex, reason?: Error): void {
  if (stream.destroyed) return
  const end = streamEnd(stream)
  if (end === 'ending' || end === 'leaving') stream.once('finish', () => reset(stream, reason))
  else if (end === 'queued') stream.write('', () => reset(stream, reason))
  else reset(stream, reason)
}

/**
 * Reports whether a socket whose input has ended was reset. libuv reports a reset as an end if data came with it, and a
 * part would look complete. An empty write tells them apart: it fails on a reset connection, and sends nothing on a
 * half-closed one. Over TLS it writes nothing, and tells nothing. It needs a socket whose output is still open.
 *
 * @param tell Receives the error of a reset; undefined after an end.
 */
export function askForReset(socket: Socket, tell: (reset: Error | undefined) => void): void {
  socket.write('', (error) => tell(error ?? undefined))
}

/**
 * Calls `onWhole` after the `end` of a stream, unless it was reset (see {@link askForReset}); then `close` follows.
 * While bytes wait to be written, a reset makes them fail within a turn, so no empty write is needed. A stream that
 * cannot write any more, since it has ended itself or allows no half-open connection, counts as whole.
 */
export function confirmEnd(stream: Duplex, onWhole: () => void): void {
  if (!(stream instanceof Socket) || !stream.allowHalfOpen || !stream.writable) return onWhole()
  if (stream.writableLength > 0) {
    setImmediate(() => {
      if (!stream.destroyed) onWhole()
    })
    return
  }
  askForReset(stream, (error) => {
    if (error === undefined) onWhole()
  })
}

/** Closes a stream without users: one that is no longer needed, or whose handshake failed. */
export function discardStream(stream: Duplex, reason?: Error): void {
  stream.destroy(reason)
}

/**
 * Passes resets on to the connection below: TLS has no reset of its own, so `secure` is cut by a reset of the
 * `carrier`.
 */
export function carryResets(secure: Duplex, carrier: Duplex): void {
  carriers.set(secure, carrier)
}

const carriers = new WeakMap<Duplex, Duplex>()

function reset(stream: Duplex, reason: Error | undefined): void {
  if (stream.destroyed) return
  const carrier = carriers.get(stream)
  if (carrier !== undefined) reset(carrier, reason)
  // A stream that is no socket reports the cut to its peer by the error. This side made the cut, and ignores the error.
  stream.on('error', () => {})
  if (!(stream instanceof Socket)) stream.destroy(reason ?? new Error('the connection was cut'))
  else if (canReset(stream)) stream.resetAndDestroy()
  else stream.destroy()
}

/** Whether a reset is possible: UNIX sockets and TLS have none, and Node throws for them. */
function canReset(socket: Socket): boolean {
  return socket.remoteFamily !== undefined && !('encrypted' in socket)
}
