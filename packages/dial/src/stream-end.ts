import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * State of the end of a stream, which decides how it may be closed:
 *
 * - `whole`: its end has left behind everything else, and its reader will see it
 * - `leaving`: everything is written, and its end is on its way
 * - `ending`: its end waits behind what is still being written
 * - `queued`: it has no end, and bytes wait to be written
 * - `broken`: it has no end, and nothing waits
 */
export type StreamEnd = 'whole' | 'leaving' | 'ending' | 'queued' | 'broken'

/** The rule: only a stream whose end was written in good order ends; every other is reset (RFC 9293 §3.5.2). */
export function streamEnd(stream: Pick<Duplex, 'writableEnded' | 'writableFinished' | 'writableLength'>): StreamEnd {
  if (stream.writableFinished) return 'whole'
  if (stream.writableEnded) return stream.writableLength > 0 ? 'ending' : 'leaving'
  return stream.writableLength > 0 ? 'queued' : 'broken'
}

/** Closes a stream at once: with its end if that has left, else with a reset, so that a part never looks complete. */
export function closeStream(stream: Duplex, reason?: Error): void {
  if (stream.destroyed) return
  const end = streamEnd(stream)
  if (end === 'whole') stream.destroy()
  // Within a turn; until then libuv refuses a reset, and the stream would never close.
  else if (end === 'leaving') stream.once('finish', () => stream.destroy())
  else reset(stream, reason)
}

/**
 * Closes a stream whose source has failed: what was given to it still goes out, then comes a reset. A reader that takes
 * nothing holds it open: the caller sets the limit, and calls {@link closeStream} at it.
 */
export function breakStream(stream: Duplex, reason?: Error): void {
  if (stream.destroyed) return
  const end = streamEnd(stream)
  if (end === 'ending' || end === 'leaving') stream.once('finish', () => reset(stream, reason))
  else if (end === 'queued') stream.write('', () => reset(stream, reason))
  else reset(stream, reason)
}

/** Closes a stream without users: one dialled in vain, or with a failed handshake. */
export function discardStream(stream: Duplex, reason?: Error): void {
  stream.destroy(reason)
}

/** TLS has no reset of its own: `secure` is cut by a reset of the `carrier` below it. */
export function carryResets(secure: Duplex, carrier: Duplex): void {
  carriers.set(secure, carrier)
}

const carriers = new WeakMap<Duplex, Duplex>()

function reset(stream: Duplex, reason: Error | undefined): void {
  if (stream.destroyed) return
  const carrier = carriers.get(stream)
  if (carrier !== undefined) reset(carrier, reason)
  // A stream that is no socket tells its peer by the error; that it is cut is no news to us.
  stream.on('error', () => {})
  if (!(stream instanceof Socket)) stream.destroy(reason ?? new Error('the connection was cut'))
  else if (canReset(stream)) stream.resetAndDestroy()
  else stream.destroy()
}

/** UNIX sockets and TLS have no reset, and Node throws where it is asked for one. */
function canReset(socket: Socket): boolean {
  return socket.remoteFamily !== undefined && !('encrypted' in socket)
}
