import { type ChannelSource, type Forward, formatForward, Forwards, Inbound, type ListenAddress } from '@ls/relay'
import { byteStreamPorts } from '@ls/transport'
import type { ResolvedClientOptions } from './options.js'

export interface PortsInit extends Required<Pick<ChannelSource, 'pick' | 'pickOther'>> {
  /** A proxy port is open. */
  onProxy(address: ListenAddress): void
  /** A fixed port is open. */
  onForward(forward: Forward): void
}

/** The proxy ports and fixed ports of a client. */
export class Ports {
  readonly #options: ResolvedClientOptions
  readonly #init: PortsInit
  readonly #inbound: Inbound
  readonly #forwards: Forwards

  /** @throws RangeError for an invalid address, account, rule or fixed port */
  constructor(options: ResolvedClientOptions, init: PortsInit) {
    this.#options = options
    this.#init = init
    this.#inbound = makeInbound(options, init)
    const { forwards = [], logger } = options
    this.#forwards = new Forwards(forwards, { ...options, ...sourceOf(init), logger })
  }

  /** The first TCP port that the proxy listens on. */
  get address(): { host: string; port: number } | undefined {
    return this.#inbound.address
  }

  /** All addresses that the proxy listens on. */
  get addresses(): readonly ListenAddress[] {
    return this.#inbound.addresses
  }

  /** Opens all of them, once. @throws ListenError for one that is taken or not permitted */
  async open(): Promise<void> {
    if (this.#inbound.addresses.length > 0) return
    const { logger } = this.#options
    for (const address of await this.#inbound.listen()) {
      logger.info(address, 'proxy port open')
      this.#init.onProxy(address)
    }
    for (const forward of await this.#forwards.listen()) {
      logger.info({ forward: formatForward(forward) }, 'fixed port open')
      this.#init.onForward(forward)
    }
  }

  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  async close(options?: { graceMs?: number }): Promise<void> {
    await Promise.all([this.#inbound.close(options), this.#forwards.close(options)])
  }
}

function makeInbound(options: ResolvedClientOptions, init: PortsInit): Inbound {
  const { socksHost, socksPort, socksListen = [], socksTls, allowOrigins, fastOpen = false } = options
  const { socksUsername, socksPassword, socksAccounts = [] } = options
  const first = socksUsername === undefined ? [] : [{ username: socksUsername, password: socksPassword ?? '' }]
  return new Inbound({
    ...options,
    host: socksHost,
    port: socksPort,
    listenOn: socksListen,
    listenWebSocket: byteStreamPorts({ tls: socksTls, allowOrigins }),
    accounts: [...first, ...socksAccounts],
    // All links lead to one server; with fast open, data right behind Connect is worth more than another link.
    ...(fastOpen ? { pick: init.pick } : sourceOf(init)),
  })
}

function sourceOf({ pick, pickOther }: PortsInit): ChannelSource {
  return { pick, pickOther }
}
