import type { Exposure } from '@ls/relay'

/** Ports and host names that are open for providers. */
export interface ExposedPorts {
  /** Open ports shared by all host names: for HTTP first, then for TLS. */
  readonly hostPorts: readonly number[]
  /** All open ports and host names, in the order of opening. */
  list(): ExposedInfo[]
}

/** A port or a host name that is open for a provider. */
export interface ExposedInfo {
  /** The open port or host name, and its target. */
  readonly exposure: Exposure
  /** Id of the token (not its text). */
  readonly token: string
  /** Name in the policy of the token; undefined where it has none. */
  readonly tokenName: string | undefined
  /**
   * Provider process that requested it, as hex; undefined where the operator opened it for all providers of the token.
   */
  readonly instance: string | undefined
  /** Address of that process at the time of its request. */
  readonly address: string | undefined
  /** Time of opening, in milliseconds since 1970. */
  readonly openedAtMs: number
  /** Number of its open connections and UDP associations. */
  readonly connections: number
}
