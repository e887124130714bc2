import { createHash } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { LinkSocksClient, type ClientOptions } from '@ls/client'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { byteServer, onceEvent, seededDigest, testAuthority, until } from '@ls/testkit'
import type { Target } from '@ls/transport'
import { afterTest, closing } from '../stress/cleanup.js'

// A server and clients with a program between them.

const token = 'token'
const authority = testAuthority()
/** The certificate of the program between them. */
export const pair = authority.issue()
export const tls = { ca: authority.cert }
const sizeBytes = 20_000_000
/** What {@link download} returns when every byte has arrived. */
export const wholeDownload = seededDigest(1, sizeBytes)

/** Another address of this machine, so that the client's address differs from the proxy's. */
export const clientHost = '127.0.0.2'
export async function fromThere({ host, port }: Target): Promise<Duplex> {
  const socket = connectTcp({ host, port, localAddress: clientHost, noDelay: true })
  await onceEvent(socket, 'connect')
  return socket
}

export async function startServer(options: ServerOptions = {}): Promise<LinkSocksServer> {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, ...options }))
  server.addForwardToken(token)
  await server.listen()
  return server
}

export async function startClient(url: string, options: ClientOptions = {}): Promise<LinkSocksClient> {
  const client = closing(
    new LinkSocksClient({
      url,
      token,
      reconnect: false,
      ...(options.role === 'provider' ? {} : { proxy: { port: 0 } }),
      ...options,
    }),
  )
  await client.start()
  return client
}

export const placeOf = (server: LinkSocksServer): string => `127.0.0.1:${server.address?.port}`

/** Returns the address of the only client, as the server sees it. */
export async function addressSeen(server: LinkSocksServer): Promise<string | undefined> {
  await until(() => server.peers.size > 0, 'the client')
  return [...server.peers][0]?.remoteAddress
}

export async function dial(client: LinkSocksClient, port: number) {
  const proxy = client.socksAddress ?? { host: '', port: 0 }
  const socket = await connect({ proxy, target: { host: '127.0.0.1', port } })
  afterTest(() => socket.destroy())
  return socket
}

/** Downloads through a client, and returns the hash. */
export async function download(client: LinkSocksClient, port?: number): Promise<string> {
  const socket = await dial(client, port ?? closing(await byteServer({ sendBytes: sizeBytes })).port)
  const hash = createHash('sha256')
  for await (const chunk of socket) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
