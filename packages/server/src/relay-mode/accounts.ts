import { addressGroup } from '@ls/mux'
import { Account, type AccountOptions } from './account.js'

/** Accounts of addresses; a /64 of IPv6 is one. */
export class AddressAccounts {
  readonly #options: AccountOptions
  readonly #maxIdle: number
  /** Accounts ordered by their last use. */
  readonly #accounts = new Map<string, Account>()

  /** @param maxIdle Most accounts in memory besides those in use, since their day is not over yet. */
  constructor(options: Omit<AccountOptions, 'owner'>, maxIdle = 16_384) {
    this.#options = { ...options, owner: 'address' }
    this.#maxIdle = maxIdle
  }

  get size(): number {
    return this.#accounts.size
  }

  of(address: string): Account {
    const group = addressGroup(address)
    const account = this.#accounts.get(group) ?? new Account(this.#options)
    // Deleted first, so that the map stays in the order of use.
    this.#accounts.delete(group)
    this.#accounts.set(group, account)
    if (this.#accounts.size > this.#maxIdle) this.#forgetOldest()
    return account
  }

  /**
   * Removes the oldest idle account. Accounts with something open stay; the limits on open sessions limit their number.
   */
  #forgetOldest(): void {
    for (const [group, { links, identities, slots }] of this.#accounts) {
      if (links > 0 || identities > 0 || slots.used > 0) continue
      this.#accounts.delete(group)
      return
    }
  }
}
