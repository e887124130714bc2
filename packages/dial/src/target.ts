import type { Duplex } from 'node:stream'

/** Where a connection goes. */
export interface Target {
  /** A name, or an IP address without brackets. */
  readonly host: string
  /** 1–65535. */
  readonly port: number
}

/** What a {@link Dial} is told beside its target. */
export interface DialRequest {
  /** Aborts when nobody waits for the connection any more. */
  readonly signal: AbortSignal
}

/**
 * Connects to a target in a way of your own: through TLS, or through a proxy. It should stop when `signal` aborts; a
 * stream that comes later is destroyed. To carry half-closed connections the stream must be half-open
 * (`allowHalfOpen`).
 */
export type Dial<S extends Duplex = Duplex, R extends DialRequest = DialRequest> = (
  target: Target,
  request: R,
) => Promise<S>
