import type { Exposure, ListenAddress } from '@ls/relay'
import type { Peer } from './links/peer.js'

/** Events of a server, by name, with their arguments. */
export interface ServerEvents {
  /** The WebSocket port is open. */
  listening: [address: { host: string; port: number }]
  /**
   * A SOCKS port or UNIX socket is open; emitted once for each address. `token` is undefined for the server's own
   * ports.
   */
  socksListening: [address: ListenAddress, token: string | undefined]
  /** A port that leads to a provider's target is open; `exposure` contains the port that was chosen for 0. */
  exposed: [exposure: Exposure, token: string]
  /** A client has authenticated; `kind` is that of its token. */
  clientConnected: [client: ClientInfo]
  /** A client's session has ended. */
  clientDisconnected: [client: ClientInfo, reason: string]
  /** A client was refused. */
  clientRefused: [remoteAddress: string, reason: string]
  /** An error outside any call, such as a SOCKS port that is in use. */
  error: [error: Error]
}

/** Description of a client in events. */
export interface ClientInfo {
  /** Kind of its token. */
  readonly kind: 'forward' | 'reverse' | 'connector'
  /** Id of the client process; the same for each of its links. */
  readonly instance: string
  /** Address that its connection comes from, without a port. */
  readonly remoteAddress: string
}

/** The public fields of a peer. */
export function describeClient({ record, instance, remoteAddress }: Peer): ClientInfo {
  return { kind: record.kind, instance, remoteAddress }
}
