import type { Account, ChannelWatch, ListenAddress, Outbound, PortChange } from '@ls/relay'
import { AddressPort } from '../direct/address-port.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import { PassedLinks } from '../session-owners/passed-links.js'
import { OwnProxy } from './own-proxy.js'
import { WebSocketPort, type WebSocketPortOptions } from './web-socket-port.js'

export interface ServerPortsOptions {
  readonly server: ResolvedServerOptions
  /** The outbound. Called late, since the outbound needs the ports. */
  outbound(): Outbound
  /** Receives the events of connections at the server's own proxy ports. */
  readonly watchOwn: ChannelWatch
  /** Options of a port for links besides those of the server. */
  linkPort(): Omit<WebSocketPortOptions, 'server' | 'passed'>
  /** Called when a proxy port of the server itself is open. */
  onProxy(address: ListenAddress): unknown
}

/** Ports of a server: for links, and its own proxy ports. */
export class ServerPorts {
  /** Port for links; undefined before it listens. */
  links: WebSocketPort | undefined
  /** The server's own proxy ports; undefined if there are none. */
  ownProxy: OwnProxy | undefined
  readonly #options: ServerPortsOptions
  /** Previous ports for links. They stay as long as the server runs, since links may still use them. */
  readonly #former: WebSocketPort[] = []
  /** Port for links that other processes pass on. */
  #forPassed: WebSocketPort | undefined
  #addressPort: AddressPort | undefined
  /** Links that this process passes on. */
  readonly #passed: PassedLinks

  constructor(options: ServerPortsOptions) {
    this.#options = options
    this.#passed = new PassedLinks(options.server)
  }

  /** TCP ports of the server, and the further ones of the program. */
  get numbers(): readonly number[] {
    const further = this.#options.server.ownPorts?.() ?? []
    return [this.links?.address.port ?? 0, ...(this.ownProxy?.ports ?? []), ...further]
  }

  /** Creates the proxy ports of the options. @throws RangeError or TypeError for an invalid address or account */
  prepareProxies(): void {
    this.ownProxy = OwnProxy.of(this.#options.outbound(), this.#options.server, this.#options.watchOwn)
  }

  /** Opens the proxy ports. @throws ListenError */
  async listenProxies(): Promise<void> {
    this.#tell((await this.ownProxy?.listen()) ?? [])
  }

  /** Opens the port that reports addresses over UDP, if the server has one. @throws ListenError */
  async openAddressPort(): Promise<void> {
    const { addressPort, host, logger } = this.#options.server
    const port = this.links?.address.port
    if (addressPort !== undefined)
      this.#addressPort = await AddressPort.open({ host, port: port ?? 0, ...addressPort }, logger)
  }

  /** Opens a port for links. @throws ListenError */
  open(signal: AbortSignal | undefined, address: { host?: string; port?: number } = {}): Promise<WebSocketPort> {
    return this.#open({ ...this.#options.server, ...address }, signal)
  }

  /**
   * Opens a port for links that other processes pass on as {@link PassedLinks} does: with a PROXY header and without
   * TLS.
   *
   * @throws ListenError
   */
  async listenForPassed(path: string): Promise<void> {
    const { tls: _tls, trustedProxies: _trusted, ...others } = this.#options.server
    const server = { ...others, host: `unix:${path}`, proxyProtocol: true }
    this.#forPassed = await WebSocketPort.open({ ...this.#portOptions, server, exclusive: true })
  }

  /** Accepts links at this port from now on. */
  use(port: WebSocketPort): void {
    const before = this.links
    this.links = port
    if (before === undefined) return
    this.#former.push(before)
    void before.close()
  }

  /** Prepares other proxy ports. @throws ListenError, RangeError or TypeError; then nothing has changed */
  async changeProxies(places: readonly string[], accounts: readonly Account[]): Promise<PortChange> {
    const proxy = this.ownProxy ?? this.#makeProxy(places, accounts)
    const change = this.ownProxy === undefined ? await firstPorts(proxy) : await proxy.change(places, accounts)
    return {
      ...change,
      commit: () => {
        change.commit()
        this.ownProxy = proxy
        this.#tell(change.opened)
      },
    }
  }

  /** Closes the port for links and all links. */
  async closeAll(): Promise<void> {
    this.#passed.close()
    this.#addressPort?.close()
    await Promise.all([...this.#former, this.#forPassed, this.links].map(async (port) => port?.closeAll()))
  }

  #open(server: ResolvedServerOptions, signal?: AbortSignal): Promise<WebSocketPort> {
    return WebSocketPort.open({ ...this.#portOptions, server }, signal)
  }

  get #portOptions(): Omit<WebSocketPortOptions, 'server'> {
    return { ...this.#options.linkPort(), passed: this.#passed }
  }

  #makeProxy(socksListen: readonly string[], socksAccounts: readonly Account[]): OwnProxy {
    const { server, watchOwn, outbound } = this.#options
    return new OwnProxy(socksListen, outbound(), { ...server, socksAccounts }, watchOwn)
  }

  #tell(opened: readonly ListenAddress[]): void {
    const { server, onProxy } = this.#options
    for (const address of opened) {
      server.logger.info(address, 'proxy port open')
      onProxy(address)
    }
  }
}

async function firstPorts(proxy: OwnProxy): Promise<PortChange> {
  return { opened: await proxy.listen(), commit: () => {}, undo: () => void proxy.close(0) }
}
