import { anonymousToken } from '@ls/codec'
import type { ResolvedLinkSettings } from './settings.js'

/** Options of a {@link ShownToken}. */
export interface ShownTokenOptions {
  /** Identity of the client. */
  readonly settings: Pick<ResolvedLinkSettings, 'token' | 'reverse' | 'serverToken'>
  /** The server gave a different token. @default ignored */
  onChange?(token: string): void
}

/**
 * The token that a client sends. A provider without one of its own uses the one that a relay gives it, so that it
 * reconnects as the same provider (protocol.md §1.3); all links of the client share it.
 */
export class ShownToken {
  readonly #options: ShownTokenOptions
  readonly #isAnonymous: boolean
  #fromServer: string | undefined

  constructor(options: ShownTokenOptions) {
    const { token, reverse, serverToken } = options.settings
    this.#options = options
    this.#isAnonymous = token === anonymousToken && reverse
    this.#fromServer = serverToken
  }

  /** Token for the next link. */
  get current(): string {
    return (this.#isAnonymous ? this.#fromServer : undefined) ?? this.#options.settings.token
  }

  /** Last token that the server gave. */
  get fromServer(): string | undefined {
    return this.#fromServer
  }

  /** Called when the server has accepted a link, and gave this token with its answer. */
  received(token: string): void {
    if (token === this.#fromServer) return
    this.#fromServer = token
    this.#options.onChange?.(token)
  }

  /**
   * Called when the server has refused `shown`; true if the client may retry without it, since a relay forgets its
   * tokens.
   */
  refused(shown: string): boolean {
    if (!this.#isAnonymous || shown === anonymousToken) return false
    if (shown === this.#fromServer) this.#fromServer = undefined
    return true
  }
}
