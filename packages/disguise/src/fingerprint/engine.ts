import type { MessageTransport } from '@ls/mux'
import type { ConnectOptions } from '@ls/transport'

/** A request to open a link over TLS with a browser's fingerprint. */
export interface EngineRequest {
  /** The caller's options; `url` and `headers` here replace those in it. */
  readonly options: ConnectOptions
  /** URL with `wss:`, without credentials. */
  readonly url: URL
  /** All headers, in the browser's order; those of the handshake are placeholders for the engine. */
  readonly headers: readonly [name: string, value: string][]
}

/** An implementation of a browser's TLS. */
export interface Engine {
  /** User-Agent of the version whose TLS it uses. */
  readonly userAgent: string
  open(request: EngineRequest): Promise<MessageTransport>
}
