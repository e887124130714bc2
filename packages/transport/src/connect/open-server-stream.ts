import type { Duplex } from 'node:stream'
import { checkDurationMs } from '@ls/foundation'
import { Attempt } from './attempt.js'
import { type ConnectOptions, openConnection } from './connect.js'
import { startTls } from './tls.js'
import { checkServerUrl, hostOf, parseServerUrl, portOf } from './url.js'

/**
 * Opens the first connection of `connect`, by the same way and with TLS for `wss:`, and sends no request on it: the
 * server receives no token. For programs that examine the way to a server.
 *
 * @throws TransportError naming server, likely cause and remedy, or the reason of `signal`.
 */
export async function openServerStream(options: ConnectOptions): Promise<Duplex> {
  const url = typeof options.url === 'string' ? parseServerUrl(options.url) : checkServerUrl(options.url)
  const { tls = {} } = options
  const attempt = new Attempt(checkDurationMs('dialTimeoutMs', options.dialTimeoutMs ?? 8000), options.signal)
  try {
    const connection = await openConnection(options, { url, tls }, attempt)
    if (url.protocol !== 'wss:') return connection
    return await startTls(connection, hostOf(url), portOf(url), tls, attempt).catch((error: unknown) => {
      connection.destroy()
      throw error
    })
  } finally {
    attempt.dispose()
  }
}
