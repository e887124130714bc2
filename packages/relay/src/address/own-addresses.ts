import { networkInterfaces } from 'node:os'
import type { Given } from '@ls/foundation'

export interface OwnAddressesOptions {
  /** @default the system's */
  readonly interfaces?: typeof networkInterfaces | undefined
  /** Milliseconds of any clock that does not go back. @default that of the process */
  readonly now?: (() => number) | undefined
}

/** The addresses of this machine's network interfaces. */
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

  /** The query needs a descriptor; if none is free, the last answer is kept. */
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

/** A query takes some 50 µs, too long for each datagram; addresses change rarely, by hand or by DHCP. */
const keepMs = 5000
