import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { type Address, decode, type Extension, MessageType } from '@ls/codec'
import type { Path } from '@ls/direct'
import { Changes, inGroup, type Logger, type Snapshot } from '@ls/foundation'
import { ClientError } from '@ls/link'
import type { Session, SessionHandler } from '@ls/mux'
import type { LiveView } from '@ls/observe'
import { type Cancellation, formatExposure, type ListenAddress, openStream, Outbound, type PortChange } from '@ls/relay'
import { connectByteStream } from '@ls/transport'
import { ClientLinks } from './client-links.js'
import { ConnectorTokens } from './connectors.js'
import { ClientCounts } from './counts/client-counts.js'
import { DirectPaths } from './direct-paths.js'
import type { ClientEvents } from './events.js'
import { Exposures } from './exposures.js'
import { ClientLive } from './live/client-live.js'
import type { ClientOptions } from './options/client-options.js'
import { checkPortNames } from './options/option-names.js'
import { type ResolvedClientOptions, resolveClientOptions } from './options/resolve-options.js'
import type { ClientPorts } from './options/user-options.js'
import { Ports } from './ports.js'
import { hostOf } from './server-dial.js'

/**
 * A LinkSocks client: a proxy here and the network at the other end (client, connector), or the network here
 * (provider).
 *
 * @example
 * const client = new LinkSocksClient({ url: 'wss://example.org', token: 'secret', proxy: { port: 9870 } })
 * await client.start()
 */
export class LinkSocksClient extends EventEmitter<ClientEvents> {
  /** Resolves when the client has ended for good: with the reason, or with undefined after {@link close}. */
  readonly closed: Promise<Error | undefined>

  readonly #options: ResolvedClientOptions
  readonly #logger: Logger
  readonly #links: ClientLinks
  readonly #direct: DirectPaths
  readonly #outbound: Outbound | undefined
  readonly #ports: Ports | undefined
  readonly #connectors: ConnectorTokens
  readonly #counts: ClientCounts
  /** Notified when channels have ended. */
  readonly #ended: Changes
  readonly #exposures: Exposures
  /** Live view; undefined until its first use. */
  #live: ClientLive | undefined
  #settleClosed: (error: Error | undefined) => void = () => {}
  #settleStart: ((error: Error | undefined) => void) | undefined
  #state: 'idle' | 'running' | 'closing' | 'closed' = 'idle'

  /**
   * Creates a client that is not started yet.
   *
   * @throws TypeError for an option that does not exist, RangeError for one of another role or out of its range
   */
  constructor(options: ClientOptions = {}) {
    super()
    this.#options = resolveClientOptions(options)
    const { reverse, clock } = this.#options
    this.#logger = this.#options.logger
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
    this.#counts = new ClientCounts(this.#options)
    this.#ended = new Changes(clock)
    this.#connectors = new ConnectorTokens(this.#options.connectorTokens, { clock })
    this.#exposures = this.#makeExposures()
    this.#outbound = this.#makeOutbound()
    this.#links = this.#makeLinks()
    this.#direct = this.#makeDirectPaths()
    this.#ports = reverse ? undefined : this.#makePorts()
  }

  /** First TCP port on which the proxy listens; undefined on providers and before it listens. */
  get socksAddress(): { host: string; port: number } | undefined {
    return this.#ports?.address
  }

  /** All addresses on which the proxy listens. */
  get socksAddresses(): readonly ListenAddress[] {
    return this.#ports?.addresses ?? []
  }

  /** Token that the server sent to this provider, or that of the options; undefined before it arrives. */
  get serverToken(): string | undefined {
    return this.#links.serverToken
  }

  /**
   * One session for each link that is up or waits to be resumed, and those whose channels continue at a former process
   * of the server.
   */
  get sessions(): readonly Session[] {
    return this.#links.sessions
  }

  /** Path of new connections; for a provider, whether any connector uses the direct one. */
  get path(): Path {
    return this.#direct.path
  }

  /** All counters of the client, and the use of its limits; walks all open channels. */
  snapshot(): Snapshot {
    return this.#counts.snapshot({
      state: this.#state,
      options: this.#options,
      sessions: this.sessions,
      direct: this.#direct.sessions,
      outbound: this.#outbound,
      portsMissing: this.#ports?.isOpen === false,
    })
  }

  /**
   * Lists of links and connections, and a stream of events. Read it before {@link start}: nothing is recorded before
   * its first use.
   */
  get live(): LiveView {
    return this.#watched().view
  }

  /**
   * A page of the traffic by destination, since the first use of {@link live}. @throws RangeError for an invalid query
   */
  destinations(query: URLSearchParams): object {
    return this.#watched().destinations(query)
  }

  /** Cuts a connection, by the id that {@link live} shows; false when there is none. */
  closeChannel(id: string): boolean {
    return this.#watched().closeChannel(id)
  }

  /**
   * Reports to readers of the live view that the program has read its configuration again.
   *
   * @param outcome The changes, one line each, or the reason why the new configuration is not in force.
   */
  reloaded(outcome: readonly string[] | Error): void {
    this.#counts.reloads.add(outcome)
    const failed = outcome instanceof Error
    const data = failed ? { success: false, error: outcome.message } : { success: true, changes: outcome }
    this.#live?.view.publish('reload', data)
  }

  /** Number of open channels on all links. */
  get channelCount(): number {
    return [...this.sessions, ...this.#direct.sessions].reduce((sum, { channelCount }) => sum + channelCount, 0)
  }

  /**
   * Dials the server and, once connected, opens the SOCKS port. Resolves when both are done.
   *
   * @throws ClientError when the server refuses the client or, without `reconnect`, cannot be reached; ListenError for
   * the port
   */
  async start({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#state !== 'idle') throw new ClientError('ERR_CLIENT_CLOSED', `the client is ${this.#state} already`)
    this.#state = 'running'
    const onAbort = (): void => void this.close()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      signal?.throwIfAborted()
      if (this.#options.proxy?.nowait === true) await this.#openPorts()
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
    const added = await this.#connectors.add(this.#links.anySession(), token)
    this.emit('connectorAdded', added)
    return added
  }

  /**
   * Removes a connector token that {@link addConnector} added and disconnects its users.
   *
   * @throws {ClientError} when the server refuses or no link is up.
   */
  async removeConnector(token: string): Promise<void> {
    const removed = this.#connectors.remove(this.#links.anySession(), token)
    this.#direct.removeToken(token)
    await removed
  }

  /**
   * Connects to a target without a local port; resolves with a stream when the other end has reached the target. Not
   * for providers.
   *
   * @throws RelayError if it was not reached
   */
  async connect(target: Address, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Duplex> {
    if (this.#options.reverse) throw new TypeError('a provider takes connections, it opens none')
    return openStream(this.#direct.source, target, signal ?? neverAborted)
  }

  /**
   * Prepares other proxy ports, accounts and fixed ports. The new ones open beside the old ones, which `commit` of the
   * result closes; connections and links stay.
   *
   * @throws ListenError for a port that cannot be opened, RangeError or TypeError for an invalid option; then nothing
   * has changed
   */
  async changePorts(ports: ClientPorts): Promise<PortChange> {
    checkPortNames(ports)
    if (this.#ports === undefined) throw new TypeError('this client opens no ports')
    return this.#ports.change(ports)
  }

  /** Makes waiting links dial immediately: the network has changed. */
  retryNow(): void {
    this.#links.retryNow()
  }

  /**
   * Stops accepting, gives open channels `graceMs` to finish, then closes everything. A second call may shorten the
   * wait.
   */
  async close({ graceMs = 0 }: { graceMs?: number | undefined } = {}): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closing'
    await this.#ports?.close({ graceMs })
    await this.#ended.until(() => this.channelCount === 0, graceMs)
    this.#end(undefined)
  }

  #watched(): ClientLive {
    this.#live ??= new ClientLive({
      clock: this.#options.clock,
      role: this.#options.reverse ? 'reverse' : 'forward',
      server: hostOf(this.#options.url),
      sessions: () => this.sessions,
      direct: () => this.#direct.sessions,
      snapshot: () => this.snapshot(),
    })
    return this.#live
  }

  #makeExposures(): Exposures {
    const { exposes, clock } = this.#options
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

  /** Outbound of a provider. The server may reach only exposed targets, unless `exit.access` allows more. */
  #makeOutbound(): Outbound | undefined {
    const { exit } = this.#options
    if (exit === undefined) return undefined
    const accessRules = [...(exit.accessRules ?? []), ...this.#exposures.accessRules]
    const options = { ...this.#options, ...exit, accessRules, dialWebSocket: connectByteStream }
    return inGroup('exit', exit, () => new Outbound(options))
  }

  #makeDirectPaths(): DirectPaths {
    return new DirectPaths({
      options: this.#options,
      relay: this.#links.source,
      send: (message) => this.#links.send(message),
      tokens: this.#connectors,
      sessionHandler: {
        onConnect: (channel) => this.#outbound?.serve(channel),
        ...this.#channelEvents,
      },
      onPath: (path, reason) => this.emit('path', path, reason),
      onFatal: (error) => this.#end(error),
    })
  }

  /** The same for sessions with the server and with peers. */
  readonly #channelEvents: Pick<SessionHandler, 'onChannelOpened' | 'onChannelClosed'> = {
    onChannelOpened: (channel) => this.#live?.channelOpened(channel),
    onChannelClosed: (channel, reason) => {
      this.#counts.ended(channel, reason)
      this.#live?.channelClosed(channel, reason)
      this.#ended.note()
    },
  }

  #makePorts(): Ports {
    return new Ports(this.#options, {
      ...this.#direct.source,
      onProxy: (address) => this.emit('socksListening', address),
      onForward: (forward) => this.emit('forwardListening', forward),
    })
  }

  #makeLinks(): ClientLinks {
    return new ClientLinks(this.#options, {
      sessionHandler: {
        onConnect: (channel) => {
          if (this.#outbound === undefined) channel.reject('forbidden: this client opens channels, it takes none')
          else if (!this.#direct.take(channel)) this.#outbound.serve(channel)
        },
        ...this.#channelEvents,
      },
      counts: this.#counts.sessions,
      onMessage: (session, message) => this.#receive(session, message),
      onUp: (session, resumed, agreed) => this.#linkUp(session, resumed, agreed),
      onDown: (reason) => this.#linkDown(reason),
      onFailed: (error) => this.emit('linkFailed', error),
      onSessionClosed: (session) => {
        this.#live?.left(session)
        this.#connectors.sessionClosed(session)
      },
      onToken: (token) => this.emit('serverToken', token),
      onEnd: (error) => this.#end(error),
    })
  }

  #firstLink(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settleStart = (error) => (error === undefined ? resolve() : reject(error))
      this.#links.start()
    })
  }

  async #openPorts(): Promise<void> {
    if (this.#state === 'running') await this.#ports?.open()
  }

  #linkUp(session: Session, resumed: boolean, agreed: readonly Extension[]): void {
    const { url } = this.#options
    const { window } = session.options
    this.#logger.info(
      { server: hostOf(url), extended: window },
      resumed ? 'link is back; nothing was lost' : 'link is up',
    )
    if (!resumed) this.#addConnectors(session)
    if (!resumed) this.#exposures.sessionBegan(session, agreed)
    this.#settleStart?.(undefined)
    this.#direct.linkUp()
    this.#live?.linked(session)
    this.emit('linkUp', resumed)
  }

  #linkDown(reason: string): void {
    this.#logger.warn({ reason, channels: this.channelCount }, `link is down: ${reason}`)
    this.#live?.down(reason)
    this.emit('linkDown', reason)
  }

  #addConnectors(session: Session): void {
    this.#connectors.sessionBegan(session, {
      onAdded: (token) => this.emit('connectorAdded', token),
      onRefused: (_token, reason) => {
        const text = `no connector can use a connector token of this provider: ${reason}; the server is asked again`
        this.#logger.error({ reason }, text)
      },
    })
  }

  #receive(session: Session, bytes: Uint8Array): void {
    const message = decode(bytes)
    if (this.#direct.receive(message)) return
    if (message.type === MessageType.Partners) this.emit('partners', message.count)
    else if (message.type === MessageType.Log) this.#logger[message.level]({ from: 'server' }, message.text)
    else if (message.type === MessageType.Exposed) this.#exposures.receive(session, message)
    else this.#connectors.receive(bytes)
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#live?.view.close()
    this.#exposures.close()
    this.#direct.close(error?.message ?? 'the client is shutting down')
    this.#links.close(error?.message ?? 'the client is shutting down')
    void this.#ports?.close()
    this.#settleStart?.(error ?? new ClientError('ERR_CLIENT_CLOSED', 'the client was closed'))
    this.#settleClosed(error)
  }
}

/** Not an `AbortSignal`: Node warns of a leak when 11 connections wait with the same one. */
const neverAborted: Cancellation = {
  aborted: false,
  reason: undefined,
  throwIfAborted: () => {},
  addEventListener: () => {},
  removeEventListener: () => {},
}
