import type { Exposure, ListenAddress } from '@ls/relay'
import type { Peer } from './links/peer.js'

/** Events of a server. */
export interface ServerEvents {
  /** The WebSocket port is open. */
  listening: [address: { host: string; port: number }]
  /**
   * A SOCKS port or UNIX socket of a reverse token is open; once for each address. Without a token: the server's own.
   */
  socksListening: [address: ListenAddress, token: string | undefined]
  /** A port that leads to a provider's target is open; `exposure` has the port that was chosen for 0. */
  exposed: [exposure: Exposure, token: string]
  /** A client has authenticated; `kind` is that of its token. */
  clientConnected: [client: ClientInfo]
  /** A client's session is over. */
  clientDisconnected: [client: ClientInfo, reason: string]
  /** A client was refused. */
  clientRefused: [remoteAddress: string, reason: string]
  /** An error after the call that caused it, such as a taken SOCKS port. */
  error: [error: Error]
}

/** Description of a client in events. */
export interface ClientInfo {
  /** The kind of its token. */
  readonly kind: 'forward' | 'reverse' | 'connector'
  /** Names the client process; the same for each of its links. */
  readonly instance: string
  /** The address its connection comes from, without a port. */
  readonly remoteAddress: string
}

/** The public part of a peer. */
export function describeClient({ record, instance, remoteAddress }: Peer): ClientInfo {
  return { kind: record.kind, instance, remoteAddress }
}
