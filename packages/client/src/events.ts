import type { Path, PathProtocol } from '@ls/direct'
import type { Exposure, Forward, ListenAddress } from '@ls/relay'

/** Events of a client, by name, with their arguments. */
export interface ClientEvents {
  /** A link is up; `resumed` if it continues the previous session. */
  linkUp: [resumed: boolean]
  /** A link is down; it is dialled again unless `reconnect` is off. */
  linkDown: [reason: string]
  /** An attempt to link failed; the next one follows unless the client has ended. */
  linkFailed: [error: Error]
  /** A proxy port (forward) or UNIX socket is open; emitted once for each address. */
  socksListening: [address: ListenAddress]
  /** A fixed port is open; emitted once for each. */
  forwardListening: [forward: Forward]
  /** The server has opened a port that leads here (provider); the exposure contains the port that was chosen for 0. */
  exposed: [exposure: Exposure]
  /** The server did not open a port (provider); the request is repeated. */
  exposeRefused: [exposure: Exposure, reason: string]
  /** The server reported the number of partners: providers for a connector, connectors for a provider. */
  partners: [count: number]
  /** The server accepted a connector token (provider). */
  connectorAdded: [token: string]
  /** A relay has sent this provider a token, which restores its connector tokens later; keep it secret. */
  serverToken: [token: string]
  /**
   * New connections take this path from now on (connector), or a connector's do (provider); with the reason, and the
   * protocol of a direct path.
   */
  path: [path: Path, reason: string, protocol: PathProtocol | undefined]
}
