import {
  type ChannelSource,
  type Forward,
  formatForward,
  Forwards,
  Inbound,
  type InboundPlaces,
  type ListenAddress,
  type PortChange,
} from '@ls/relay'
import { byteStreamPorts } from '@ls/transport'
import type { ClientOptions, ResolvedClientOptions } from './options.js'

export interface PortsInit extends Required<Pick<ChannelSource, 'pick' | 'pickOther'>> {
  /** Called when a proxy port is open. */
  onProxy(address: ListenAddress): void
  /** Called when a fixed port is open. */
  onForward(forward: Forward): void
}

/** Options that `LinkSocksClient.changePorts` changes. */
export type ClientPorts = Pick<
  ClientOptions,
  'socksHost' | 'socksPort' | 'socksListen' | 'socksUsername' | 'socksPassword' | 'socksAccounts' | 'forwards'
>

/** Proxy ports and fixed ports of a client. */
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

  /** First TCP port on which the proxy listens. */
  get address(): { host: string; port: number } | undefined {
    return this.#inbound.address
  }

  /** All addresses on which the proxy listens. */
  get addresses(): readonly ListenAddress[] {
    return this.#inbound.addresses
  }

  /** Opens all ports, once. @throws ListenError for one that is taken or not permitted */
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

  /**
   * Prepares other ports, see `Inbound.change` of `@ls/relay`. @throws ListenError, RangeError or TypeError; then
   * nothing has changed
   */
  async change(wanted: ClientPorts): Promise<PortChange> {
    const proxies = await this.#inbound.change(placesOf(wanted))
    const forwards = await this.#forwards.change(wanted.forwards ?? []).catch((error: unknown) => {
      proxies.undo()
      throw error
    })
    return {
      opened: proxies.opened,
      commit: () => {
        proxies.commit()
        forwards.commit()
        for (const address of proxies.opened) this.#init.onProxy(address)
        for (const forward of forwards.opened) this.#init.onForward(forward)
      },
      undo: () => {
        proxies.undo()
        forwards.undo()
      },
    }
  }

  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  async close(options?: { graceMs?: number | undefined }): Promise<void> {
    await Promise.all([this.#inbound.close(options), this.#forwards.close(options)])
  }
}

function makeInbound(options: ResolvedClientOptions, init: PortsInit): Inbound {
  const { socksTls, allowOrigins, fastOpen = false } = options
  return new Inbound({
    ...options,
    ...placesOf(options),
    listenWebSocket: byteStreamPorts({ tls: socksTls, allowOrigins }),
    // All links lead to one server; with fast open, data directly after Connect is worth more than another link.
    ...(fastOpen ? { pick: init.pick } : sourceOf(init)),
  })
}

function placesOf(ports: ClientPorts): InboundPlaces {
  const { socksHost = '127.0.0.1', socksPort = 9870, socksListen = [], socksUsername, socksPassword } = ports
  const first = socksUsername === undefined ? [] : [{ username: socksUsername, password: socksPassword ?? '' }]
  return {
    host: socksHost,
    port: socksPort,
    listenOn: socksListen,
    accounts: [...first, ...(ports.socksAccounts ?? [])],
  }
}

function sourceOf({ pick, pickOther }: PortsInit): ChannelSource {
  return { pick, pickOther }
}
