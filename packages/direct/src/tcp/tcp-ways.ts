import type { Clock, Target } from '@ls/foundation'
import { ownAddresses } from '../host-addresses.js'
import type { DirectConnection } from '../puncher.js'
import type { HostCandidates } from '../udp/description.js'
import type { PortMapping } from '../upnp/port-mapping.js'
import { DialAllowance } from './dial-allowance.js'
import { mayDial } from './dialable.js'
import { TcpAttempt } from './tcp-attempt.js'
import { TcpListener } from './tcp-listener.js'

/** Options of {@link TcpWays}. */
export interface TcpWaysOptions {
  readonly clock: Clock
  /** Whether the peer gets the addresses of our interfaces. */
  readonly hostCandidates: HostCandidates
  /** TCP port; 0 for any. */
  readonly port: number
  /** Port of a router that leads to ours. @default none */
  readonly mapping?: Pick<PortMapping, 'outside'> | undefined
  /** Called when the port cannot be opened. */
  onProblem(text: string): void
}

/** Time for a router to answer, in milliseconds, as for UDP. It is spent once: later attempts know the answer. */
const mappingMs = 2000

/** TCP connections of a client to its peers: one port for all, and one limit of dials. */
export class TcpWays {
  readonly #options: TcpWaysOptions
  readonly #listener: TcpListener
  readonly #allowance: DialAllowance

  constructor(options: TcpWaysOptions) {
    this.#options = options
    this.#listener = new TcpListener(options)
    this.#allowance = new DialAllowance(options.clock)
  }

  /** Begins an attempt to reach a peer; `onOpened` receives each connection that opens. */
  begin(onOpened: (connection: DirectConnection) => void): TcpAttempt {
    const own = ownAddresses()
    const admits = ({ host }: Target): boolean => mayDial(host, own) && this.#allowance.take()
    return new TcpAttempt({ clock: this.#options.clock, listener: this.#listener, admits, onOpened })
  }

  /** Resolves with the place at a router that leads to our port, or after {@link mappingMs} without one. */
  async mapped(): Promise<Target | undefined> {
    const place = await this.#options.mapping?.outside(mappingMs)
    return place && { host: place.address, port: place.port }
  }

  /**
   * Addresses at which a peer may reach our port: those of our interfaces, and `outside`, those that others see, if the
   * user has chosen the port, since a router then passes it on.
   */
  hosts(outside: readonly string[]): string[] {
    const { hostCandidates, port } = this.#options
    const own = hostCandidates === 'never' ? [] : ownAddresses()
    return [...new Set([...own, ...(port === 0 ? [] : outside)])]
  }
}
