import type { Logger } from '@ls/foundation'
import {
  type ChannelSource,
  type Forward,
  formatForward,
  Forwards,
  Inbound,
  type ListenAddress,
  type PortChange,
} from '@ls/relay'
import { byteStreamPorts } from '@ls/transport'
import { proxyPlaces, type ResolvedClientOptions, type ResolvedProxy } from './options/resolve-options.js'
import type { ClientPorts, ProxyPlaces } from './options/user-options.js'

export interface PortsInit extends Required<Pick<ChannelSource, 'pick' | 'pickOther'>> {
  /** Called when a proxy port is open. */
  onProxy(address: ListenAddress): void
  /** Called when a fixed port is open. */
  onForward(forward: Forward): void
}

/** Proxy ports and fixed ports of a client. */
export class Ports {
  readonly #logger: Logger
  readonly #init: PortsInit
  /** The proxy; undefined if there is none. */
  readonly #inbound: Inbound | undefined
  readonly #forwards: Forwards
  #isOpen = false

  /** @throws RangeError for an invalid address, account, rule or fixed port */
  constructor(options: ResolvedClientOptions, init: PortsInit) {
    const { proxy, forwards } = options
    this.#logger = options.logger
    this.#init = init
    this.#inbound = proxy === undefined ? undefined : makeInbound(proxy, options, init)
    this.#forwards = new Forwards(forwards, { ...options, ...sourceOf(init) })
  }

  /** Whether all ports are open. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** First TCP port on which the proxy listens. */
  get address(): { host: string; port: number } | undefined {
    return this.#inbound?.address
  }

  /** All addresses on which the proxy listens. */
  get addresses(): readonly ListenAddress[] {
    return this.#inbound?.addresses ?? []
  }

  /** Opens all ports, once. @throws ListenError for one that is taken or not permitted */
  async open(): Promise<void> {
    if (this.#isOpen) return
    for (const address of (await this.#inbound?.listen()) ?? []) {
      this.#logger.info(address, 'proxy port open')
      this.#init.onProxy(address)
    }
    for (const forward of await this.#forwards.listen()) {
      this.#logger.info({ forward: formatForward(forward) }, 'fixed port open')
      this.#init.onForward(forward)
    }
    this.#isOpen = true
  }

  /**
   * Prepares other ports, see `Inbound.change` of `@ls/relay`. @throws ListenError, RangeError or TypeError; then
   * nothing has changed
   */
  async change({ proxy, forwards = [] }: ClientPorts): Promise<PortChange> {
    const proxies = await this.#changeProxy(proxy)
    const fixed = await this.#forwards.change(forwards).catch((error: unknown) => {
      proxies.undo()
      throw error
    })
    return {
      opened: proxies.opened,
      commit: () => {
        proxies.commit()
        fixed.commit()
        for (const address of proxies.opened) this.#init.onProxy(address)
        for (const forward of fixed.opened) this.#init.onForward(forward)
      },
      undo: () => {
        proxies.undo()
        fixed.undo()
      },
    }
  }

  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  async close(options?: { graceMs?: number | undefined }): Promise<void> {
    this.#isOpen = false
    await Promise.all([this.#inbound?.close(options), this.#forwards.close(options)])
  }

  async #changeProxy(proxy: ProxyPlaces | undefined): Promise<PortChange> {
    if (this.#inbound !== undefined) return this.#inbound.change(proxyPlaces(proxy ?? {}))
    if (proxy !== undefined) throw new TypeError('this client has no proxy port to change')
    return { opened: [], commit: () => {}, undo: () => {} }
  }
}

function makeInbound(proxy: ResolvedProxy, options: ResolvedClientOptions, init: PortsInit): Inbound {
  const { tls, allowOrigins, places, port } = proxy
  return new Inbound({
    ...options,
    ...places,
    ...port,
    listenWebSocket: byteStreamPorts({ tls, allowOrigins }),
    // All links lead to one server; with fast open, data directly after Connect is worth more than another link.
    ...(port.fastOpen === true ? { pick: init.pick } : sourceOf(init)),
  })
}

function sourceOf({ pick, pickOther }: PortsInit): ChannelSource {
  return { pick, pickOther }
}
