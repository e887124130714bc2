import { networkInterfaces } from 'node:os'

export interface OwnAddressesOptions {
  /** @default the system's */
  readonly interfaces?: typeof networkInterfaces
  /** Milliseconds of any clock that does not go back. @default that of the process */
  readonly now?: () => number
}

/** The addresses of this machine's network interfaces. */
export class OwnAddresses {
  readonly #options: Required<OwnAddressesOptions>
  #known: ReadonlySet<string> | undefined
  #staleAtMs = -Infinity

  constructor({ interfaces = networkInterfaces, now = () => performance.now() }: OwnAddressesOptions = {}) {
    this.#options = { interfaces, now }
  }

  /**
   * Whether an interface has the address, whose text is canonical. While the system has never told, any may be ours: a guard
   * must not let through what it does not know.
   */
  has(address: string): boolean {
    if (this.#options.now() >= this.#staleAtMs) this.#ask()
    return this.#known?.has(address) ?? true
  }

  /** The question takes a descriptor; where there is none left, what was known has to do. */
  #ask(): void {
    try {
      const all = Object.values(this.#options.interfaces()).flatMap((each) => each ?? [])
      this.#known = new Set(all.map((each) => each.address))
      this.#staleAtMs = this.#options.now() + keepMs
    } catch {
      // Asked again with the next address.
    }
  }
}

/** Asking takes some 50 µs, which each datagram would cost; addresses change with the network, by hand or by DHCP. */
const keepMs = 5000
