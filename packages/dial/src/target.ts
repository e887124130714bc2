import type { Duplex } from 'node:stream'

/** Target of a connection. */
export interface Target {
  /** A name, or an IP address without brackets. */
  readonly host: string
  /** 1–65535. */
  readonly port: number
}

/** Options of a {@link Dial}, in addition to its target. */
export interface DialRequest {
  /** Aborts when the connection is no longer needed. */
  readonly signal: AbortSignal
}

/**
 * A custom way to connect to a target: through TLS, or through a proxy. It should stop when `signal` aborts; a stream
 * that comes later is destroyed. To carry half-closed connections the stream must be half-open (`allowHalfOpen`).
 */
export type Dial<S extends Duplex = Duplex, R extends DialRequest = DialRequest> = (
  target: Target,
  request: R,
) => Promise<S>
