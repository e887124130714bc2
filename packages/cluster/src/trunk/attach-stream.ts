import type { Duplex } from 'node:stream'
import type { Clock } from '@ls/foundation'
import { PingedTransport } from '@ls/link'
import type { Session } from '@ls/mux'
import { streamTransport } from '@ls/mux/duplex'

/**
 * Gives a session a connection between two nodes, with a heartbeat: TCP takes a quarter of an hour to notice a path
 * that is gone, and channels that could go on over another connection would stand still.
 *
 * @param received What {@link Session.attach} takes.
 */
export function attachStream(session: Session, stream: Duplex, clock: Clock, received?: number): boolean {
  const send = (message: Uint8Array): void => session.send(message)
  const pings = { timing: {}, clock, send, peer: 'node' }
  return session.attach(new PingedTransport(streamTransport(stream), pings), received)
}
