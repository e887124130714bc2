import type { Duplex } from 'node:stream'
import { ListenError } from '@ls/dial'
import type { Logger } from '@ls/foundation'
import type { PendingConnections } from '@ls/mux'
import { formatListenAddress, type TcpAddress, type WebSocketAddress } from './listen-address.js'

/**
 * Listens for byte streams over WebSocket; `listenByteStreams` of the transport package fits when it is given TLS
 * options. Relay does not depend on transport, which is on the same layer.
 */
export type ListenWebSocket = (options: {
  readonly host: string
  readonly port: number
  /** Whether to speak TLS; the listener has the certificate. */
  readonly secure: boolean
  readonly path: string
  /** Most open streams. */
  readonly maxLinks: number
  /** Counts streams until their `admit` has been called. */
  readonly pending: PendingConnections
  /** Limits for a client until then. */
  readonly unproven: { readonly messageBytes: number; readonly totalBytes: number }
  readonly logger: Logger
  /** Called when a client has connected; nothing is read from it before this returns. */
  onStream(stream: Duplex & { admit?(): boolean }): void
}) => Promise<WebSocketListener>

/** A port that accepts byte streams over WebSocket. */
export interface WebSocketListener {
  /** Address on which it listens, with the port that was chosen. */
  address(): TcpAddress
  /** Stops listening; open streams continue. */
  close(): Promise<void>
}

/** Opens the WebSocket port at `place`. @throws ListenError if it is taken or not permitted */
export async function openWebSocket(
  place: WebSocketAddress,
  listen: ListenWebSocket | undefined,
  options: Pick<Parameters<ListenWebSocket>[0], 'maxLinks' | 'pending' | 'unproven' | 'logger' | 'onStream'>,
): Promise<{ readonly address: WebSocketAddress; readonly listener: WebSocketListener }> {
  const { host, port, secure, path } = place.webSocket
  if (listen === undefined) throw new TypeError('a place to listen with ws:// or wss:// needs `listenWebSocket`')
  try {
    const listener = await listen({ host, port, secure, path, ...options })
    return { address: { webSocket: { ...place.webSocket, port: listener.address().port } }, listener }
  } catch (error) {
    const { cause } = error as Error
    // The system's error is the cause of the transport's error; other errors already have the best text.
    throw (cause as NodeJS.ErrnoException | undefined)?.syscall === undefined
      ? error
      : new ListenError('the proxy port', formatListenAddress(place), cause)
  }
}
