import type { Clock, Target } from '@ls/foundation'
import { ownAddresses } from '../host-addresses.js'
import type { DirectConnection } from '../puncher.js'
import type { HostCandidates } from '../udp/description.js'
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
  /** Called when the port cannot be opened. */
  onProblem(text: string): void
}

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
