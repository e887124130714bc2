import type { Exposure } from '@ls/relay'

/** What is open for providers. */
export interface ExposedPorts {
  /** The shared ports for host names that are open: for HTTP first, then for TLS. */
  readonly hostPorts: readonly number[]
  /** All that is open, in the order of opening. */
  list(): ExposedInfo[]
}

/** A port or a host name that is open for a provider. */
export interface ExposedInfo {
  /** What is open, and where it leads. */
  readonly exposure: Exposure
  /** Id of the token, which is not the token itself. */
  readonly token: string
  /** The provider process that asked, as hex; undefined where the operator opened it for all providers of the token. */
  readonly instance: string | undefined
  /** Address of that process when it asked. */
  readonly address: string | undefined
  /** Since when, in milliseconds since 1970. */
  readonly openedAtMs: number
  /** Connections and UDP associations now. */
  readonly connections: number
}
