import type { ListenOptions, TransportListener } from './listen-options.js'
import { Listener } from './listener.js'

/**
 * Listens for WebSockets. Resolves once the port is open.
 *
 * @throws ListenError when the address cannot be listened on, or the reason of `signal`.
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
