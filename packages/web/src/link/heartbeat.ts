import { Keepalive, type KeepaliveOptions } from '@ls/mux/keepalive'
import type { WebSocketTransport } from './websocket-transport.js'

// A page loads this file once it is linked, so it imports no code that the page has already (decision 115).

/** Adds a heartbeat to a WebSocket, which cannot ping by itself: `ping` sends what the server must answer. */
export function beat(transport: WebSocketTransport, options: Omit<KeepaliveOptions, 'dead'>): void {
  const keepalive = new Keepalive({
    ...options,
    dead: (silentMs) => {
      const reason = `server silent for ${silentMs} ms (limit ${keepalive.timeoutMs} ms)`
      transport.destroy({ code: 1006, reason })
    },
  })
  transport.beat(keepalive)
}
