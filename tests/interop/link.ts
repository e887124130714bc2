import { faultRelay, type FaultRelay, freePort } from '@ls/testkit'
import { reachableProviders } from './connector-probe.js'
import type { Implementation } from './implementation.js'
import { PeerProcess } from './peer-process.js'
import { untilListening, untilPrinted, untilTrue } from './ports.js'

/**
 * How a client authenticates: by the hash of its token in the query of `/socket`, or by an Auth message, which any
 * other path requires.
 */
export type AuthForm = 'query' | 'message'

/** The program for each role. */
export type Cast =
  | { readonly mode: 'forward'; readonly server: Implementation; readonly client: Implementation }
  | { readonly mode: 'reverse'; readonly server: Implementation; readonly provider: Implementation }
  | {
      readonly mode: 'agent' | 'autonomy'
      readonly server: Implementation
      readonly provider: Implementation
      readonly connector: Implementation
    }

/** The roles that dial the server. */
export type ClientRole = 'client' | 'provider' | 'connector'

export interface LinkOptions {
  /** @default 'query' */
  readonly auth?: AuthForm
  /** Puts a relay that can cut before the server, one for each client. @default false */
  readonly relayed?: boolean
}

/** Started programs with a SOCKS port at their end. */
export interface Link {
  readonly socksPort: number
  /** With `relayed`, what each client's WebSocket passes through. */
  readonly relays: ReadonlyMap<ClientRole, FaultRelay>
  /** Returns the output of the programs. */
  report(): string
  close(): Promise<void>
}

export const token = 'interop-token'
const connectorToken = 'interop-connector'

/** The only other path at which the deployed Go servers open WebSockets. */
const messageAuthPath = '/socket/'

/** Starts the programs of a cast in order, each once the previous one is ready. */
export async function startLink(cast: Cast, { auth = 'query', relayed = false }: LinkOptions = {}): Promise<Link> {
  const started: PeerProcess[] = []
  const relays = new Map<ClientRole, FaultRelay>()
  const start = (role: string, { name, command }: Implementation, args: readonly string[]): PeerProcess => {
    const peer = new PeerProcess(`${name} ${role}`, command, args)
    started.push(peer)
    return peer
  }
  const report = (): string => started.map((peer) => peer.report).join('\n')
  const close = async (): Promise<void> => {
    await Promise.all(started.map((peer) => peer.stop()))
    await Promise.all(Array.from(relays.values(), (relay) => relay.close()))
  }
  const reach: Reach = async (role, port) => {
    if (!relayed) return serverUrl(port, auth)
    const relay = await faultRelay({ host: '127.0.0.1', port })
    relays.set(role, relay)
    return serverUrl(relay.port, auth)
  }
  try {
    return { socksPort: await startCast(cast, start, reach), relays, report, close }
  } catch (error) {
    await close()
    throw new Error(`${String(error)}\n${report()}`, { cause: error })
  }
}

/** Returns the URL for `-u` of a server on that loopback port. */
export function serverUrl(port: number, auth: AuthForm = 'query'): string {
  return `ws://127.0.0.1:${port}${auth === 'query' ? '' : messageAuthPath}`
}

type Start = (role: string, implementation: Implementation, args: readonly string[]) => PeerProcess

/** Returns the URL by which a client reaches the server's port. */
type Reach = (role: ClientRole, port: number) => Promise<string>

async function startCast(cast: Cast, start: Start, reach: Reach): Promise<number> {
  const port = await freePort()
  const socksPort = await freePort()
  const server = start('server', cast.server, serverArgs(cast, port, socksPort))
  await untilListening(port, server)
  const target = ['-t', token, '-u', await reach(cast.mode === 'forward' ? 'client' : 'provider', port)]
  if (cast.mode === 'forward') {
    const client = start('client', cast.client, [...cast.client.client, ...target, '-p', String(socksPort)])
    await untilListening(socksPort, client)
    return socksPort
  }
  const own = cast.mode === 'autonomy' ? ['-c', connectorToken] : []
  const provider = start('provider', cast.provider, [...cast.provider.provider, ...target, ...own])
  await untilPrinted(cast.provider.accepted, provider)
  if (cast.mode === 'reverse') {
    await untilListening(socksPort, server)
    return socksPort
  }
  const reached = async (): Promise<boolean> => (await reachableProviders(port, connectorToken)) > 0
  await untilTrue(reached, provider, 'a connector to reach the provider')
  return startConnector(cast.connector, await reach('connector', port), start)
}

async function startConnector(connector: Implementation, url: string, start: Start): Promise<number> {
  const socksPort = await freePort()
  const args = [...connector.connector, '-t', connectorToken, '-u', url, '-p', String(socksPort)]
  await untilListening(socksPort, start('connector', connector, args))
  return socksPort
}

function serverArgs(cast: Cast, port: number, socksPort: number): string[] {
  const listen = ['server', '-H', '127.0.0.1', '-P', String(port), '-t', token]
  if (cast.mode === 'forward') return listen
  if (cast.mode === 'autonomy') return [...listen, '-r', '-a']
  return [...listen, '-r', '-p', String(socksPort), ...(cast.mode === 'agent' ? ['-c', connectorToken] : [])]
}
