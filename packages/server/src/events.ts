/** What a server tells its embedder. */
export interface ServerEvents {
  /** The WebSocket port is open. */
  listening: [address: { host: string; port: number }]
  /** The SOCKS port of a reverse token is open. */
  socksListening: [address: { host: string; port: number }, token: string]
  /** A client has authenticated; `kind` is that of its token. */
  clientConnected: [client: ClientInfo]
  /** All of a client's session is over. */
  clientDisconnected: [client: ClientInfo, reason: string]
  /** A client was refused. */
  clientRefused: [remoteAddress: string, reason: string]
  /** Something that happens later than the call it belongs to, such as a taken SOCKS port. */
  error: [error: Error]
}

export interface ClientInfo {
  readonly kind: 'forward' | 'reverse' | 'connector'
  /** Names the client process; the same for each of its links. */
  readonly instance: string
  readonly remoteAddress: string
}
