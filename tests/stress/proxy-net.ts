import { LinkSocksClient, type ClientOptions, type ForwardClientOptions } from '@ls/client'
import type { Session } from '@ls/mux'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { type FaultRelay, faultRelay, freePort, onceEvent } from '@ls/testkit'
import { closing } from './cleanup.js'

export type Mode = 'forward' | 'reverse' | 'agent'

/** `autonomy`: agent mode where the provider has added the connector's token. */
export type NetMode = Mode | 'autonomy'

export const modes: readonly Mode[] = ['forward', 'reverse', 'agent']

export interface ProxyNetOptions {
  readonly server?: ServerOptions
  /** Options of all clients; those of proxy ports are not for the provider. */
  readonly client?: ForwardClientOptions
  /** Whether a fault relay is in front of the server for each client. @default false */
  readonly relayed?: boolean
}

/** One client of the net, and the relay in front of the server for it. */
export interface Hop {
  readonly name: 'client' | 'provider' | 'connector'
  readonly client: LinkSocksClient
  readonly relay: FaultRelay | undefined
}

/** A server and its clients in this process, with a SOCKS port; closed after the test. */
export interface ProxyNet {
  readonly server: LinkSocksServer
  readonly hops: readonly Hop[]
  readonly socks: { readonly host: string; readonly port: number }
  /** Sessions at all ends. */
  sessions(): Session[]
}

export async function proxyNet(mode: NetMode, options: ProxyNetOptions = {}): Promise<ProxyNet> {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, ...options.server }))
  await server.listen()
  const link: MakeHop = (name, token) => makeHop(server, name, token, options)
  const made = await makeHops(mode, server, link)
  return {
    ...made,
    server,
    sessions: () =>
      [...server.peers].map(({ session }) => session).concat(made.hops.flatMap(({ client }) => client.sessions)),
  }
}

type MakeHop = (name: Hop['name'], token: string) => Promise<Hop>

async function makeHops(
  mode: NetMode,
  server: LinkSocksServer,
  link: MakeHop,
): Promise<Pick<ProxyNet, 'hops' | 'socks'>> {
  if (mode === 'forward') {
    const hop = await link('client', server.addForwardToken())
    return { hops: [hop], socks: socksOf(hop.client) }
  }
  if (mode === 'reverse') {
    const { token, port } = server.addReverseToken({ socksPort: await freePort() })
    const listening = onceEvent(server, 'socksListening')
    const hop = await link('provider', token)
    await listening
    return { hops: [hop], socks: { host: '127.0.0.1', port } }
  }
  const isAutonomy = mode === 'autonomy'
  const { token } = server.addReverseToken({ socksPort: 'none', allowManageConnector: isAutonomy })
  const provider = await link('provider', token)
  const connectorToken = isAutonomy
    ? await provider.client.addConnector('connector')
    : server.addConnectorToken({ reverseToken: token })
  const connector = await link('connector', connectorToken)
  return { hops: [connector, provider], socks: socksOf(connector.client) }
}

async function makeHop(
  server: LinkSocksServer,
  name: Hop['name'],
  token: string,
  { relayed = false, client: shared = {} }: ProxyNetOptions,
): Promise<Hop> {
  const address = server.address ?? { host: '127.0.0.1', port: 0 }
  const relay = relayed ? closing(await faultRelay(address)) : undefined
  const url = `ws://127.0.0.1:${relay?.port ?? address.port}`
  const client = closing(new LinkSocksClient(clientOptions(name, { url, token, ...shared })))
  await client.start()
  // `start` waits for one link only.
  while (client.sessions.filter(({ linked }) => linked).length < (shared.threads ?? 1))
    await onceEvent(client, 'linkUp')
  return { name, client, relay }
}

function socksOf(client: LinkSocksClient): ProxyNet['socks'] {
  if (client.socksAddress === undefined) throw new Error('the client has no SOCKS port')
  return client.socksAddress
}

function clientOptions(role: Hop['name'], { proxy, forwards, limits, ...shared }: ForwardClientOptions): ClientOptions {
  if (role !== 'provider') {
    return { ...shared, role, forwards, limits, proxy: proxy === 'none' ? proxy : { port: 0, ...proxy } }
  }
  const { linkWaitMs: _wait, maxPending: _pending, maxPendingPerAddress: _address, ...ofProvider } = limits ?? {}
  return { ...shared, role, limits: ofProvider }
}
