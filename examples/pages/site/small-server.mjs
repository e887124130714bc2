import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * An HTTP server on any port of loopback.
 *
 * @param {import('node:http').RequestListener} listener
 */
export async function startSmallServer(listener) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
