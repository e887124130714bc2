import type { Duplex } from 'node:stream'
import type { Target } from '@ls/foundation'

export type { Target } from '@ls/foundation'

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
