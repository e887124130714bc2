import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { type Address, decode, type Extension, MessageType, newChannelId } from '@ls/codec'
import { nodeCompressor } from '@ls/codec/node'
import { type Logger, type Snapshot, textOf } from '@ls/foundation'
import { ClientError, type LinkOpener, MovingLink, ShownToken } from '@ls/link'
import type { Session } from '@ls/mux'
import {
  Balancer,
  type Cancellation,
  type Exposure,
  formatExposure,
  type Forward,
  type ListenAddress,
  openStream,
  Outbound,
  type PortChange,
  type SessionPicker,
} from '@ls/relay'
import { connectByteStream } from '@ls/transport'
import { ConnectorTokens } from './connectors.js'
import { ClientCounts } from './counts/client-counts.js'
import { Exposures } from './exposures.js'
import { NetworkWatch } from './network-watch.js'
import { type ClientOptions, type ResolvedClientOptions, resolveClientOptions } from './options.js'
import { type ClientPorts, Ports } from './ports.js'
import { hostOf, makeServerDial, warnOfEnvironment } from './server-dial.js'
import { webSocketOpener } from './websocket-opener.js'

/** Events of a client. */
export interface ClientEvents {
  /** A link is up; `resumed` if it continues the session that was cut. */
  linkUp: [resumed: boolean]
  /** A link is down; it is dialled again unless `reconnect` is off. */
  linkDown: [reason: string]
  /** An attempt to link failed; the next follows unless the client has ended. */
  linkFailed: [error: Error]
  /** A proxy port (forward) or UNIX socket is open; once for each address. */
  socksListening: [address: ListenAddress]
  /** A fixed port is open; once for each. */
  forwardListening: [forward: Forward]
  /** The server has opened a port that leads here (provider); the exposure has the port that was chosen for 0. */
  exposed: [exposure: Exposure]
  /** The server did not open a port (provider); it is asked again. */
  exposeRefused: [exposure: Exposure, reason: string]
  /** The server reported the number of partners: providers for a connector, connectors for a provider. */
  partners: [count: number]
  /** The server accepted a connector token (provider). */
  connectorAdded: [token: string]
  /** A relay has given this provider a token, which finds its connector tokens again; keep it secret. */
  serverToken: [token: string]
}

/**
 * A LinkSocks client: SOCKS here and the network at the server (forward, connector), or the network here (reverse).
 *
 * @example
 * const client = new LinkSocksClient({ url: 'wss://example.org', token: 'secret', socksPort: 9870 })
 * await client.start()
 */
export class LinkSocksClient extends EventEmitter<ClientEvents> {
  /** Settles when the client has ended for good: with the reason, or with undefined after {@link close}. */
  readonly closed: Promise<Error | undefined>

  readonly #options: ResolvedClientOptions
  readonly #logger: Logger
  readonly #links: readonly MovingLink[]
  readonly #balancer: Balancer
  readonly #watch: NetworkWatch
  readonly #outbound: Outbound | undefined
  readonly #ports: Ports | undefined
  readonly #connectors: ConnectorTokens
  readonly #counts: ClientCounts
  readonly #exposures: Exposures
  readonly #token: ShownToken
  readonly #source = {
    pick: (signal: Cancellation) => this.#pick(signal),
    pickOther: (tried: ReadonlySet<Session>) => this.#balancer.other(tried),
  }
  #settleClosed: (error: Error | undefined) => void = () => {}
  #settleStart: ((error: Error | undefined) => void) | undefined
  #state: 'idle' | 'running' | 'closing' | 'closed' = 'idle'

  constructor(options: ClientOptions = {}) {
    super()
    this.#options = resolveClientOptions(options)
    const { reverse, threads, clock, linkWaitMs } = this.#options
    this.#logger = this.#options.logger
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
    this.#counts = new ClientCounts(this.#options)
    this.#balancer = new Balancer({ clock, waitMs: linkWaitMs })
    this.#watch = new NetworkWatch({ clock, onChange: (reason) => this.#networkChanged(reason) })
    this.#connectors = new ConnectorTokens(this.#options.connectorTokens, { clock })
    this.#exposures = this.#makeExposures()
    this.#outbound = reverse ? this.#makeOutbound() : undefined
    this.#ports = reverse || this.#options.openPorts === false ? undefined : this.#makePorts()
    if (reverse && (this.#options.forwards ?? []).length > 0)
      throw new RangeError('a provider opens no ports, so it takes no `forwards`')
    this.#token = new ShownToken({
      settings: this.#options,
      onChange: (token) => this.emit('serverToken', token),
    })
    const instance = newChannelId()
    const opener = webSocketOpener({ options: this.#options, instance, serverDial: makeServerDial(this.#options) })
    warnOfEnvironment(this.#options)
    this.#links = Array.from({ length: threads }, () => this.#makeLink(instance, opener))
  }

  /** The first TCP port the proxy listens on; undefined on providers and before it does. */
  get socksAddress(): { host: string; port: number } | undefined {
    return this.#ports?.address
  }

  /** All addresses that the proxy listens on. */
  get socksAddresses(): readonly ListenAddress[] {
    return this.#ports?.addresses ?? []
  }

  /** The token that the server gave to this provider, or the one of the options; undefined before it has. */
  get serverToken(): string | undefined {
    return this.#token.fromServer
  }

  /** One session for each link that is up or waits to be resumed, and those whose channels go on at a former process of the server. */
  get sessions(): readonly Session[] {
    return this.#links.flatMap(({ sessions }) => sessions)
  }

  /** What the client has counted, and how much of its limits is in use; walks all open channels. */
  snapshot(): Snapshot {
    return this.#counts.snapshot({
      state: this.#state,
      options: this.#options,
      sessions: this.sessions,
      outbound: this.#outbound,
      portsMissing: this.#ports !== undefined && this.#ports.addresses.length === 0,
    })
  }

  /** The program has read its configuration again: what changed, a line each, or why it is not in force. */
  reloaded(outcome: readonly string[] | Error): void {
    this.#counts.reloads.add(outcome)
  }

  /** Channels open now, over all links. */
  get channelCount(): number {
    return this.sessions.reduce((sum, { channelCount }) => sum + channelCount, 0)
  }

  /**
   * Dials the server and, once connected, opens the SOCKS port. Resolves when both are done.
   *
   * @throws ClientError when the server refuses us or, without `reconnect`, cannot be reached; ListenError for the port
   */
  async start({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#state !== 'idle') throw new ClientError('ERR_CLIENT_CLOSED', `the client is ${this.#state} already`)
    this.#state = 'running'
    const onAbort = (): void => void this.close()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      signal?.throwIfAborted()
      if (this.#options.socksNowait === true) await this.#openPorts()
      await this.#firstLink()
      await this.#openPorts()
    } catch (error) {
      this.#end(error as Error)
      throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Adds a connector token on the server (provider in autonomy); an empty one lets the server choose. */
  async addConnector(token = ''): Promise<string> {
    const added = await this.#connectors.add(this.#anySession(), token)
    this.emit('connectorAdded', added)
    return added
  }

  /**
   * Removes a connector token that {@link addConnector} added and disconnects its users.
   *
   * @throws {ClientError} when the server refuses or no link is up.
   */
  async removeConnector(token: string): Promise<void> {
    await this.#connectors.remove(this.#anySession(), token)
  }

  /**
   * Connects to a target without a local port; resolves with a stream once the other end has reached it. Not for
   * providers.
   *
   * @throws RelayError if it was not reached
   */
  async connect(target: Address, { signal = neverAborted }: { signal?: AbortSignal } = {}): Promise<Duplex> {
    if (this.#options.reverse) throw new TypeError('a provider takes connections, it opens none')
    return openStream(this.#source, target, signal)
  }

  /**
   * Prepares other proxy ports, accounts and fixed ports. New ones open beside the old, which close with `commit` of what
   * this resolves with; connections and links stay.
   *
   * @throws ListenError for a port that cannot be opened, RangeError or TypeError for an invalid option; then nothing has
   * changed
   */
  async changePorts(ports: ClientPorts): Promise<PortChange> {
    if (this.#ports === undefined) throw new TypeError('this client opens no ports')
    return this.#ports.change(ports)
  }

  /** The network has changed: waiting links dial at once. */
  retryNow(): void {
    for (const link of this.#links) link.retryNow()
  }

  /** Stops accepting, gives open channels `graceMs` to finish, then closes everything. A second call may hasten it. */
  async close({ graceMs = 0 }: { graceMs?: number } = {}): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closing'
    await this.#ports?.close({ graceMs })
    await this.#idle(graceMs)
    this.#end(undefined)
  }

  #makeExposures(): Exposures {
    const { exposes = [], reverse, clock } = this.#options
    if (!reverse && exposes.length > 0)
      throw new RangeError('only a provider has targets to expose: `exposes` needs `reverse`')
    return new Exposures(exposes, {
      clock,
      onExposed: (exposure) => {
        this.#logger.info({ exposed: formatExposure(exposure) }, 'the server has opened a port')
        this.emit('exposed', exposure)
      },
      onRefused: (exposure, reason) => {
        this.#logger.error({ reason }, `${formatExposure(exposure)} is not exposed: ${reason}`)
        this.emit('exposeRefused', exposure, reason)
      },
    })
  }

  /** What it exposes is all that the server may reach, unless rules of its own allow more. */
  #makeOutbound(): Outbound {
    const { accessRules = [] } = this.#options
    return new Outbound({
      ...this.#options,
      accessRules: [...accessRules, ...this.#exposures.accessRules],
      dialWebSocket: connectByteStream,
    })
  }

  #makePorts(): Ports {
    return new Ports(this.#options, {
      ...this.#source,
      onProxy: (address) => this.emit('socksListening', address),
      onForward: (forward) => this.emit('forwardListening', forward),
    })
  }

  /** A request while no link is up does not wait for the next planned attempt. */
  #pick(signal: Parameters<SessionPicker>[0]): ReturnType<SessionPicker> {
    const picked = this.#balancer.pick(signal)
    if (picked instanceof Promise) for (const link of this.#links) link.wanted()
    return picked
  }

  #networkChanged(reason: string): void {
    this.#logger.info({}, `${reason}: links that are down are tried now`)
    this.retryNow()
  }

  #makeLink(instance: Uint8Array, opener: LinkOpener): MovingLink {
    return new MovingLink({
      settings: this.#options,
      token: this.#token,
      instance,
      opener,
      compressor: nodeCompressor,
      sessionHandler: {
        onConnect: (channel) => {
          if (this.#outbound === undefined) channel.reject('forbidden: this client opens channels, it takes none')
          else this.#outbound.serve(channel)
        },
        onChannelClosed: (channel, reason) => this.#counts.ended(channel, reason),
      },
      counts: this.#counts.sessions,
      onMessage: (session, message) => this.#receive(session, message),
      onUp: (session, resumed, agreed) => this.#linkUp(session, resumed, agreed),
      onDown: (reason) => this.#linkDown(reason),
      onFailed: (error) => this.emit('linkFailed', error),
      onReplaced: (session) => this.#balancer.remove(session),
      onClosed: (session) => this.#sessionClosed(session),
      onEnd: (error) => this.#end(error),
    })
  }

  #firstLink(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settleStart = (error) => (error === undefined ? resolve() : reject(error))
      this.#watch.start()
      for (const link of this.#links) link.start()
    })
  }

  async #openPorts(): Promise<void> {
    if (this.#state === 'running') await this.#ports?.open()
  }

  #linkUp(session: Session, resumed: boolean, agreed: readonly Extension[]): void {
    this.#balancer.add(session)
    if (this.#links.every(({ isUp }) => isUp)) this.#watch.stop()
    const { url } = this.#options
    const { window } = session.options
    this.#logger.info(
      { server: hostOf(url), extended: window },
      resumed ? 'link is back; nothing was lost' : 'link is up',
    )
    if (!resumed) this.#addConnectorsAgain(session)
    if (!resumed) this.#exposures.sessionBegan(session, agreed)
    this.#settleStart?.(undefined)
    this.emit('linkUp', resumed)
  }

  #linkDown(reason: string): void {
    if (this.#state === 'running') this.#watch.start()
    this.#logger.warn({ reason, channels: this.channelCount }, `link is down: ${reason}`)
    this.emit('linkDown', reason)
  }

  #sessionClosed(session: Session): void {
    this.#balancer.remove(session)
    this.#connectors.sessionClosed(session)
  }

  /** protocol.md §1: "a reverse client re-adds its connector tokens after each reconnect". */
  #addConnectorsAgain(session: Session): void {
    for (const token of this.#connectors) {
      this.#connectors.add(session, token).then(
        () => this.emit('connectorAdded', token),
        (error: unknown) => {
          const reason = textOf(error)
          this.#logger.error({ reason }, `a connector token was not added: ${reason}`)
        },
      )
    }
  }

  #receive(session: Session, bytes: Uint8Array): void {
    const message = decode(bytes)
    if (message.type === MessageType.Partners) this.emit('partners', message.count)
    else if (message.type === MessageType.Log) this.#logger[message.level]({ from: 'server' }, message.text)
    else if (message.type === MessageType.Exposed) this.#exposures.receive(session, message)
    else this.#connectors.receive(bytes)
  }

  #anySession(): Session {
    const session = this.#links.map((link) => link.session).find((candidate) => candidate?.state === 'linked')
    if (session === undefined) throw new ClientError('ERR_CLIENT_NO_LINK', 'no link to the server is up')
    return session
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#balancer.close()
    this.#watch.stop()
    this.#exposures.close()
    for (const link of this.#links) link.close(error?.message ?? 'the client is shutting down')
    void this.#ports?.close()
    this.#settleStart?.(error ?? new ClientError('ERR_CLIENT_CLOSED', 'the client was closed'))
    this.#settleClosed(error)
  }

  async #idle(graceMs: number): Promise<void> {
    const until = performance.now() + graceMs
    while (performance.now() < until && this.channelCount > 0) {
      await new Promise((resolve) => setTimeout(resolve, idlePollMs))
    }
  }
}

const neverAborted = new AbortController().signal

/** How often a closing client looks whether its channels are done. */
const idlePollMs = 50
