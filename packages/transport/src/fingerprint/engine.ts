import type { MessageTransport } from '@ls/mux'
import type { ConnectOptions } from '../connect/connect.js'

/** A link that is to be opened over TLS, in the words of the browser. */
export interface EngineRequest {
  /** As the caller gave them; `url` and `headers` here hold instead of those in it. */
  readonly options: ConnectOptions
  /** `wss:`, without credentials. */
  readonly url: URL
  /** All of them, in the browser's order; those of the handshake keep a place for who writes them. */
  readonly headers: readonly [name: string, value: string][]
}

/** Who speaks a browser's TLS. */
export interface Engine {
  /** That of the version whose TLS it speaks. */
  readonly userAgent: string
  open(request: EngineRequest): Promise<MessageTransport>
}
