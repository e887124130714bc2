import { heartbeatProbe, type PingedTransportOptions } from '@ls/link'
import { checkKeepaliveTiming, type MessageTransport } from '@ls/mux'
import { lateCode, type LateCodeOptions } from './late-code.js'
import { WebSocketTransport } from './websocket-transport.js'

/**
 * Loads the code of the heartbeat for a WebSocket that was just linked, and returns the WebSocket. When the server is
 * gone, it may be too late to load it.
 */
export function addHeartbeat(
  transport: MessageTransport,
  { timing, clock, send }: PingedTransportOptions,
  how: Pick<LateCodeOptions, 'logger' | 'load'>,
): MessageTransport {
  const add = async (socket: WebSocketTransport): Promise<void> => {
    const code = await lateCode({ ...how, clock, isWanted: () => socket.isOpen })
    code?.beat(socket, { ...checkKeepaliveTiming(timing), clock, ping: () => send(heartbeatProbe()) })
  }
  if (transport instanceof WebSocketTransport) void add(transport)
  return transport
}
