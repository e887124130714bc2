import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TransportCloseReason } from '@ls/mux'
import { Listener } from './listener.js'
import type { TransportOptions } from './options.js'
import type { UpgradeRefusal } from './refuse-upgrade.js'
import type { UpgradeRequest } from './upgrade-request.js'
import type { WebSocketTransport } from './websocket-transport.js'

export interface ListenOptions extends TransportOptions {
  /** Address to listen on, `::` for all. @default '127.0.0.1' */
  readonly host?: string
  /** 0 for any free port. */
  readonly port: number
  /** Gives up while the listener is not up yet; ends nothing later. */
  readonly signal?: AbortSignal
  /** A client has come in. Set the transport's handler here or soon after: nothing is read before. */
  onTransport(transport: WebSocketTransport, request: UpgradeRequest): void
  /** Decides before the upgrade; without it everyone may come in. */
  authorize?(request: UpgradeRequest): UpgradeRefusal | undefined
  /** Answers plain HTTP requests. @default 426 with a hint at missing Upgrade headers */
  onRequest?(request: IncomingMessage, response: ServerResponse): void
  /** Largest request line and headers together, in bytes; more is answered 431. @default 8192 */
  readonly maxHeadBytes?: number
  /** Time a client has to send its request, in milliseconds; then it gets 408. @default 4000 */
  readonly headDeadlineMs?: number
  /** Most links open at once; more are answered 503. @default 10_000 */
  readonly maxLinks?: number
}

export interface TransportListener {
  /** Where it listens; with `port: 0`, this has the port that was chosen. */
  address(): { readonly host: string; readonly port: number }
  /** The open links. */
  readonly transports: ReadonlySet<WebSocketTransport>
  /** Stops listening and cuts connections that are no link yet; open links live on. */
  close(): Promise<void>
  /** Stops listening and closes every link; resolves when the last one is gone. @default reason 1001, going away */
  closeAll(reason?: TransportCloseReason): Promise<void>
}

/**
 * Listens for WebSockets. Resolves once the port is open.
 *
 * @throws TransportError when the address cannot be listened on, or the reason of `signal`.
 *
 * @example
 * ```ts
 * const listener = await listen({
 *   port: 8765,
 *   onTransport(transport) {
 *     transport.setHandler({ onMessage: (message) => transport.send(message), onDrain() {}, onClose() {} })
 *   },
 * })
 * console.log(listener.address())
 * await listener.closeAll()
 * ```
 */
export async function listen(options: ListenOptions): Promise<TransportListener> {
  const listener = new Listener(options)
  await listener.open()
  return listener
}
