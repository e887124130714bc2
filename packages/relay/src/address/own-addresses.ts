import { networkInterfaces } from 'node:os'
import type { Given } from '@ls/foundation'

export interface OwnAddressesOptions {
  /** Lists the interfaces. @default the system's */
  readonly interfaces?: typeof networkInterfaces | undefined
  /** Milliseconds of a monotonic clock. @default that of the process */
  readonly now?: (() => number) | undefined
}

/** Addresses of this machine's network interfaces. */
export class OwnAddresses {
  readonly #options: Given<OwnAddressesOptions>
  #known: ReadonlySet<string> | undefined
  #staleAtMs = -Infinity

  constructor({ interfaces = networkInterfaces, now = () => performance.now() }: OwnAddressesOptions = {}) {
    this.#options = { interfaces, now }
  }

  /**
   * Whether an interface has the address, given in canonical text. Returns true until the system has answered once: a
   * guard must not let unknown addresses through.
   */
  has(address: string): boolean {
    if (this.#options.now() >= this.#staleAtMs) this.#ask()
    return this.#known?.has(address) ?? true
  }

  /** Queries the system, which needs a descriptor; if none is free, the last answer is kept. */
  #ask(): void {
    try {
      const all = Object.values(this.#options.interfaces()).flatMap((each) => each ?? [])
      this.#known = new Set(all.map((each) => each.address))
      this.#staleAtMs = this.#options.now() + keepMs
    } catch {
      // Retried with the next address.
    }
  }
}

/**
 * Time between two queries, in milliseconds. A query takes some 50 µs, too long for each datagram; addresses change
 * rarely, by hand or by DHCP.
 */
const keepMs = 5000
