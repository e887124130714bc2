import type { Clock, TimerHandle } from '@ls/foundation'
import type { ConnectorToken, ReverseToken, TokenRegistry } from './token-registry.js'

export interface OrphanedTokensOptions {
  readonly clock: Clock
  readonly tokens: TokenRegistry
  /** Whether a provider process with this instance has a session under the reverse token. */
  isConnected(reverse: ReverseToken, instance: string): boolean
  /** Removes a token and disconnects its users. */
  remove(token: ConnectorToken): void
  /** How long a token waits for its owner, in milliseconds. @default 600000 */
  readonly keepMs?: number | undefined
}

/**
 * Removes connector tokens whose provider does not return. A provider has a new instance after a restart, so tokens
 * that it does not take over (protocol.md §1, autonomy) would otherwise accumulate up to the limit of their reverse
 * token.
 */
export class OrphanedTokens {
  readonly #options: OrphanedTokensOptions
  /** One timer for each absent owner; limited by the number of tokens. */
  readonly #timers = new Map<ReverseToken, Map<string, TimerHandle>>()

  constructor(options: OrphanedTokensOptions) {
    this.#options = options
  }

  /** Handles the end of a session of the provider `instance`. */
  ownerLeft(reverse: ReverseToken, instance: string): void {
    const { clock, isConnected, keepMs = defaultKeepMs } = this.#options
    if (isConnected(reverse, instance) || this.#tokensOf(reverse, instance).length === 0) return
    this.ownerCame(reverse, instance)
    const timer = clock.setTimeout(() => {
      this.ownerCame(reverse, instance)
      this.#expire(reverse, instance)
    }, keepMs)
    const timers = this.#timers.get(reverse) ?? new Map<string, TimerHandle>()
    this.#timers.set(reverse, timers.set(instance, timer))
  }

  /** Handles a provider `instance` that has a session (again). */
  ownerCame(reverse: ReverseToken, instance: string): void {
    const timers = this.#timers.get(reverse)
    if (timers === undefined || !timers.has(instance)) return
    this.#options.clock.clearTimeout(timers.get(instance))
    timers.delete(instance)
    if (timers.size === 0) this.#timers.delete(reverse)
  }

  /** Handles the removal of a reverse token with all its connector tokens. */
  forget(reverse: ReverseToken): void {
    for (const timer of this.#timers.get(reverse)?.values() ?? []) this.#options.clock.clearTimeout(timer)
    this.#timers.delete(reverse)
  }

  close(): void {
    for (const reverse of this.#timers.keys()) this.forget(reverse)
  }

  #expire(reverse: ReverseToken, instance: string): void {
    if (this.#options.isConnected(reverse, instance)) return
    // Checked again: another provider may have taken some over.
    for (const token of this.#tokensOf(reverse, instance)) this.#options.remove(token)
  }

  #tokensOf(reverse: ReverseToken, instance: string): ConnectorToken[] {
    return [...this.#options.tokens.connectorsOf(reverse)].filter(({ owner }) => owner === instance)
  }
}

/** 10 minutes: the longest pause between two attempts of a deployed provider to reconnect (protocol.md §1). */
const defaultKeepMs = 600_000
