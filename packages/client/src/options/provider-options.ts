import type { LinkSettings } from '@ls/link'
import type { ExitOptions } from '@ls/relay'
import type { ClientLimits, ClientLinkOptions, DirectPathOptions } from './link-options.js'

/** Options of providers: the other end uses the network here. */
export interface ProviderOptions extends ClientLinkOptions, DirectPathOptions, Pick<LinkSettings, 'serverToken'> {
  /** What the client does. */
  readonly role: 'provider'
  /** How traffic leaves here. @default directly, to every target */
  readonly exit?: ExitOptions | undefined
  /** Connector tokens that the provider adds, also after each reconnect. @default none */
  readonly connectorTokens?: readonly string[] | undefined
  /**
   * Ports that the server opens for targets of this provider: `2222=localhost:22`, `udp:5353=localhost:53`; 0 for any
   * free port. The provider then accepts connections to these targets and to those that `exit.access` names.
   * @default none
   */
  readonly exposes?: readonly string[] | undefined
  /** Limits on memory, time and number. @default those of {@link ClientLimits} */
  readonly limits?: ClientLimits | undefined
}
