import type { DirectPathOptions } from './link-options.js'
import type { ProviderOptions } from './provider-options.js'
import type { UserOptions } from './user-options.js'

/**
 * What a client does. `client` uses the network of the server, or of a provider behind it; `connector` the same, with a
 * direct path to the provider where `direct` asks for one; `provider` opens its own network.
 */
export type ClientRole = NonNullable<ClientOptions['role']>

/** Options of a `LinkSocksClient`. The role decides which there are. */
export type ClientOptions = ForwardClientOptions | ConnectorOptions | ProviderOptions

/** Options of the role `client`. */
export interface ForwardClientOptions extends UserOptions {
  /** What the client does. @default 'client' */
  readonly role?: 'client' | undefined
}

/** Options of the role `connector`. */
export interface ConnectorOptions extends UserOptions, DirectPathOptions {
  /** What the client does. */
  readonly role: 'connector'
}
