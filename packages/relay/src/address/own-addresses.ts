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
  #known: ReadonlySet<string> = new Set()
  #staleAtMs = -Infinity

  constructor({ interfaces = networkInterfaces, now = () => performance.now() }: OwnAddressesOptions = {}) {
    this.#options = { interfaces, now }
  }

  /** Whether an interface has the address, whose text is canonical. */
  has(address: string): boolean {
    const now = this.#options.now()
    if (now >= this.#staleAtMs) {
      const all = Object.values(this.#options.interfaces()).flatMap((each) => each ?? [])
      this.#known = new Set(all.map((each) => each.address))
      this.#staleAtMs = now + keepMs
    }
    return this.#known.has(address)
  }
}

/** Asking takes some 50 µs, which each datagram would cost; addresses change with the network, by hand or by DHCP. */
const keepMs = 5000
