import { addressBlock, addressGroup } from '@ls/mux'
import { Account, type AccountOptions } from './account.js'

/** Accounts of addresses; a /64 of IPv6 is one. Its /48 has a larger one, since one client may have all of it. */
export class AddressAccounts {
  readonly #options: Omit<AccountOptions, 'owner'>
  readonly #maxIdle: number
  /** Accounts ordered by their last use. */
  readonly #accounts = new Map<string, Account>()

  /** @param maxIdle Most accounts in memory besides those in use, since their day is not over yet. */
  constructor(options: Omit<AccountOptions, 'owner'>, maxIdle = 16_384) {
    this.#options = options
    this.#maxIdle = maxIdle
  }

  get size(): number {
    return this.#accounts.size
  }

  of(address: string): Account {
    const block = addressBlock(address)
    const parent = block === undefined ? undefined : this.#keep(block, { owner: '/48 of IPv6', scale: blockScale })
    const account = this.#keep(addressGroup(address), { owner: 'address', parent })
    // Used last, so that it is not removed before its addresses.
    if (block !== undefined && parent !== undefined) this.#touch(block, parent)
    while (this.#accounts.size > this.#maxIdle && this.#forgetOldest());
    return account
  }

  #keep(key: string, more: Pick<AccountOptions, 'owner' | 'parent' | 'scale'>): Account {
    const account = this.#accounts.get(key) ?? new Account({ ...this.#options, ...more })
    this.#touch(key, account)
    return account
  }

  #touch(key: string, account: Account): void {
    // Deleted first, so that the map stays in the order of use.
    this.#accounts.delete(key)
    this.#accounts.set(key, account)
  }

  /**
   * Removes the oldest idle account; false if there is none. Accounts with something open stay; the limits on open
   * sessions limit their number.
   */
  #forgetOldest(): boolean {
    for (const [group, { links, identities, slots }] of this.#accounts) {
      if (links > 0 || identities > 0 || slots.used > 0) continue
      this.#accounts.delete(group)
      return true
    }
    return false
  }
}

/**
 * Limits of a /48 of IPv6, as a multiple of those of an address: it has 65,536 addresses, of one client or of many.
 * Identities of 16 full ones fill a relay.
 */
const blockScale = 16
