import type { Duplex } from 'node:stream'
import type { Clock } from '@ls/foundation'
import { PingedTransport } from '@ls/link'
import type { Session } from '@ls/mux'
import { streamTransport } from '@ls/mux/duplex'

/**
 * Attaches a connection between two nodes to a session, with a heartbeat: TCP takes a quarter of an hour to detect a
 * dead path, and channels that could continue over another connection would be blocked.
 *
 * @param received As in {@link Session.attach}.
 */
export function attachStream(session: Session, stream: Duplex, clock: Clock, received?: number): boolean {
  const send = (message: Uint8Array): void => session.send(message)
  const pings = { timing: {}, clock, send, peer: 'node' }
  return session.attach(new PingedTransport(streamTransport(stream), pings), received)
}
