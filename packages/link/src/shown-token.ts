import { anonymousToken } from '@ls/codec'
import type { ResolvedLinkSettings } from './settings.js'

/** Whose token it is. */
export interface ShownTokenOptions {
  /** Who the client is. */
  readonly settings: Pick<ResolvedLinkSettings, 'token' | 'reverse' | 'serverToken'>
  /** The server gave another token than before. */
  onChange(token: string): void
}

/**
 * The token that a client shows. A provider without one of its own takes the one that a relay gives it, so that it
 * comes back as the same provider (protocol.md §1.3); all links of the client share it.
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

  /** What the next link shows. */
  get current(): string {
    return (this.#isAnonymous ? this.#fromServer : undefined) ?? this.#options.settings.token
  }

  /** The one that the server gave last. */
  get fromServer(): string | undefined {
    return this.#fromServer
  }

  /** The server has accepted a link, and gave this token with its answer. */
  received(token: string): void {
    if (token === this.#fromServer) return
    this.#fromServer = token
    this.#options.onChange(token)
  }

  /** The server has refused `shown`; true if the client may come again without it, since a relay forgets its tokens. */
  refused(shown: string): boolean {
    if (!this.#isAnonymous || shown === anonymousToken) return false
    if (shown === this.#fromServer) this.#fromServer = undefined
    return true
  }
}
