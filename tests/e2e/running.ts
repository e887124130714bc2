import { type ClientOptions, LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { closing } from '../stress/cleanup.js'

/** A server at a free port, closed after the test. */
export async function startServer(): Promise<LinkSocksServer> {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  await server.listen()
  return server
}

/** A client of a server on this machine that is linked, closed after the test. */
export async function startClient(server: LinkSocksServer, options: ClientOptions): Promise<LinkSocksClient> {
  const client = closing(new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, ...options }))
  await client.start()
  return client
}
