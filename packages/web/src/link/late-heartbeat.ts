import { loggerOfPart, type Logger } from '@ls/foundation'
import { heartbeatProbe, type PingedTransportOptions } from '@ls/link'
import { checkKeepaliveTiming, type MessageTransport } from '@ls/mux'
import { WebSocketTransport } from './websocket-transport.js'

/** Pause before a failed load is tried again, in milliseconds. */
const retryMs = 10_000

/**
 * Loads the code of the heartbeat for a WebSocket that was just linked, and returns the WebSocket. When the server is
 * gone, it may be too late to load it. A failed load is reported, and tried again while the WebSocket is open.
 */
export function addHeartbeat(
  transport: MessageTransport,
  options: PingedTransportOptions,
  logger: Logger,
  load = () => import('./heartbeat.js'),
): MessageTransport {
  const add = async (socket: WebSocketTransport): Promise<void> => {
    const { timing, clock, send } = options
    while (socket.isOpen) {
      try {
        const { beat } = await load()
        return beat(socket, { ...checkKeepaliveTiming(timing), clock, ping: () => send(heartbeatProbe()) })
      } catch (error) {
        const text = 'the link has no heartbeat: its code was not loaded; trying again in 10 s'
        loggerOfPart(logger, 'link').warn({ err: error }, text)
        await new Promise<void>((resolve) => clock.setTimeout(resolve, retryMs))
      }
    }
  }
  if (transport instanceof WebSocketTransport) void add(transport)
  return transport
}
