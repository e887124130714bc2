import { EventEmitter } from 'node:events'
import { asError, checkDurationMs, inGroup, RareLog, type Snapshot } from '@ls/foundation'
import type { MessageTransport } from '@ls/mux'
import type { LiveView } from '@ls/observe'
import { Outbound, parseExposure } from '@ls/relay'
import { connectByteStream, type RefusalCounts } from '@ls/transport'
import { ServerApi } from './api/server-api.js'
import type { RefusalCause } from './counts/server-counts.js'
import { ServerError } from './errors.js'
import type { ServerEvents } from './events.js'
import { answerExpose } from './expose/expose-messages.js'
import type { ExposedPorts } from './expose/exposed-ports.js'
import type { Exposures } from './expose/exposures.js'
import { makeExposures } from './expose/make-exposures.js'
import { defaultDrainMs, type DrainRequest } from './life/drain.js'
import { Lifecycle } from './life/lifecycle.js'
import { Admission } from './links/admission.js'
import type { LinkHead } from './links/arriving-transport.js'
import { Attendance, attendanceEvents } from './links/attendance.js'
import { AuthThrottle } from './links/auth-throttle.js'
import type { Peer } from './links/peer.js'
import { type ObservedServer, ServerObserver } from './live/server-observer.js'
import { NodeSeat } from './nodes/node-seat.js'
import { type ResolvedServerOptions, resolveServerOptions } from './options/resolve-options.js'
import type { ServerOptions } from './options/server-options.js'
import { TokenUses } from './policy/token-uses.js'
import { PortChanges } from './port/port-changes.js'
import { ServerPorts } from './port/server-ports.js'
import { gateOf } from './relay-mode/gate.js'
import type { RelayHealth } from './relay-mode/health.js'
import { Relay } from './relay-mode/relay.js'
import { type ChannelInfo, closeChannel, listChannels } from './reverse/channel-info.js'
import { ChannelRouter } from './reverse/channel-router.js'
import { ReverseGroups } from './reverse/reverse-groups.js'
import { Switchboard } from './reverse/switchboard.js'
import { Tickets } from './tickets/tickets.js'
import { addConnector, addForward, addReverse } from './tokens/add-token.js'
import { makeProviderTokens, type ProviderTokens } from './tokens/provider-tokens.js'
import { type Removal, removeToken } from './tokens/remove-token.js'
import { makeToken, type TokenRecord, TokenRegistry } from './tokens/token-registry.js'
import type { AddedReverse, ConnectorTokenRequest, ReverseTokenRequest, TokenOptions } from './tokens/token-requests.js'
import { listTokens, type TokenStatus } from './tokens/token-status.js'

/**
 * A LinkSocks server: clients reach the network through it (forward), it reaches the network through clients (reverse),
 * or it joins the two (agent, autonomy).
 *
 * @example
 * const server = new LinkSocksServer({ port: 8765 })
 * const token = server.addForwardToken()
 * await server.listen()
 */
export class LinkSocksServer extends EventEmitter<ServerEvents> {
  /** Changes ports and policies while the server runs. */
  readonly ports: PortChanges
  /** Creates tickets, which admit web pages without a token. */
  readonly tickets: Tickets
  /** Interface of this server as one of several nodes, for a cluster; see the option `nodes`. */
  readonly seat: NodeSeat
  readonly #options: ResolvedServerOptions
  readonly #tokens = new TokenRegistry()
  readonly #groups: ReverseGroups
  readonly #admission: Admission
  /** Throttle for tokens and the API key together. */
  readonly #throttle: AuthThrottle
  readonly #observer: ServerObserver
  readonly #switchboard: Switchboard
  readonly #outbound: Outbound
  readonly #router: ChannelRouter
  readonly #uses: TokenUses
  readonly #ofProviders: ProviderTokens
  readonly #exposures: Exposures
  /** Ports and host names that are open for providers. */
  readonly exposed: ExposedPorts
  readonly #attendance: Attendance
  readonly #relay: Relay | undefined
  readonly #api: ServerApi
  readonly #own: ServerPorts
  readonly #life: Lifecycle

  /** Creates a server that does not listen yet. @throws RangeError for an option out of its range */
  constructor(options: ServerOptions = {}) {
    super()
    const server = resolveServerOptions(options)
    const { logger, clock } = server
    this.#options = server
    this.#throttle = new AuthThrottle({ clock })
    this.tickets = new Tickets(this.#tokens, clock)
    this.#observer = new ServerObserver(this.#options, () => this.#parts())
    this.#switchboard = new Switchboard(new RareLog(clock, logger), this.#observer.forwardedEnded)
    this.#own = this.#makePorts()
    const ownPorts = () => [...this.#own.numbers, ...this.#groups.ports, ...this.#exposures.ports]
    const dialling = { ...server, ownPorts, dialWebSocket: connectByteStream }
    this.#outbound = inGroup('exit', options.exit, () => new Outbound(dialling))
    this.#own.prepareProxies()
    this.#uses = new TokenUses({ server: this.#options, peers: () => this.peers, forwarded: () => this.#switchboard })
    this.#admission = this.#makeAdmission()
    this.#groups = new ReverseGroups({
      server,
      use: (record) => this.#uses.of(record),
      onListening: ({ token }, address) => {
        logger.info(address, 'SOCKS port open for providers')
        this.emit('socksListening', address, token)
      },
      onError: (error) => this.#fail(error),
    })
    this.#exposures = makeExposures(this.#options, this.#groups, this)
    this.exposed = this.#exposures
    const shared = { options: this.#options, tokens: this.#tokens, groups: this.#groups, remove: this.#removeLater }
    this.#relay = Relay.of({ ...shared, throttle: this.#throttle })
    const ways = { isDraining: () => this.#life.isDraining, switchboard: this.#switchboard, uses: this.#uses }
    this.#router = new ChannelRouter({ ...shared, ...ways, server, outbound: this.#outbound, relay: this.#relay })
    this.#ofProviders = makeProviderTokens({ ...shared, server: this, relay: this.#relay })
    const guests = { groups: this.#groups, exposures: this.#exposures, uses: this.#uses, tickets: this.tickets }
    const orphanedTokens = this.#ofProviders.orphans
    this.#attendance = new Attendance({ ...guests, relay: this.#relay, orphanedTokens, options: server, server: this })
    this.#api = new ServerApi({
      server: this,
      options: this.#options,
      throttle: this.#throttle,
      onWrongKey: (remoteAddress) => this.#refused(remoteAddress, 'wrong API key', 'api-key'),
    })
    this.#life = this.#makeLife()
    this.seat = new NodeSeat({ ...shared, ...ways, server: this, admission: this.#admission, life: this.#life })
    this.ports = new PortChanges(this.#own, this.#tokens, this.#groups, this.#uses, (at) => this.emit('listening', at))
  }

  /** Address of the WebSocket port; for a UNIX socket `unix:/path` and port 0; undefined before {@link listen}. */
  get address(): { host: string; port: number } | undefined {
    return this.#own.links?.address
  }

  /**
   * Number of connections that the WebSocket port refused before they became links; undefined before {@link listen}.
   */
  get refusals(): RefusalCounts | undefined {
    return this.#own.links?.refusals
  }

  /** Clients with a session, one entry each; some may be without a link for the grace time. */
  get peers(): ReadonlySet<Peer> {
    return this.#admission.peers
  }

  /** All counters of the server, and the use of its limits; walks all open channels. */
  snapshot(): Snapshot {
    return this.#observer.snapshot()
  }

  /** State of a relay as strangers may see it; undefined where the server is no relay. */
  health(): RelayHealth | undefined {
    return this.#relay?.health(!this.#life.isDraining && !this.#life.isClosing, this.peers.size)
  }

  /** All tokens in the order of adding, with the number of their clients. */
  tokens(): TokenStatus[] {
    const isKept = (record: TokenRecord): boolean => this.#ofProviders.kept?.has(record) === true
    return listTokens({ tokens: this.#tokens, peers: this.peers, groups: this.#groups, isKept, uses: this.#uses })
  }

  /** Lists the channels that end here or are forwarded now. */
  channels(): Generator<ChannelInfo> {
    return listChannels(this.peers, this.#switchboard)
  }

  /** Closes a channel, by the id that {@link channels} shows; false when there is none. */
  closeChannel(id: string): boolean {
    const sessions = [...this.peers, this.#own.ownProxy].flatMap((holder) => holder?.session ?? [])
    return closeChannel(id, sessions, this.#switchboard)
  }

  /** Lists of links and connections, and a stream of events: the data of the API's live view. */
  get live(): LiveView {
    return this.#observer.live.view
  }

  /**
   * Ends a link and its channels, by the id that {@link live} shows; false when there is none. Its client may
   * reconnect.
   */
  closeLink(id: string): boolean {
    return this.#observer.live.closeLink(id)
  }

  /**
   * Reports to readers of the live view that the program has read its configuration again.
   *
   * @param outcome The changes, one line each, or the reason why there are none.
   */
  reloaded(outcome: readonly string[] | Error): void {
    this.#observer.reloaded(outcome)
  }

  /**
   * Registers a token for clients whose traffic leaves here, and returns it.
   *
   * @throws ServerError when it is taken; PolicyFault for an invalid policy
   */
  addForwardToken(token: string = makeToken(), options: TokenOptions = {}): string {
    return addForward(token, options, this.#tokens)
  }

  /**
   * Registers a token for providers; returns it and its SOCKS port, if it has one.
   *
   * @throws ServerError when the token or the port is taken; RangeError for an invalid port, address or login,
   * TypeError for a user listed twice
   */
  addReverseToken<R extends ReverseTokenRequest>(request?: R): AddedReverse<R> {
    return addReverse(request, { tokens: this.#tokens, groups: this.#groups, server: this.#options })
  }

  /**
   * Plans a port that {@link listen} opens and that leads to a target of the token's providers, in turn:
   * `2222=localhost:22`, `udp:5353=localhost:53`. It works with providers that cannot request one themselves.
   *
   * @throws ServerError for an unknown reverse token, a port in use here, or after {@link listen}; RangeError for an
   * invalid text
   */
  expose(reverseToken: string, text: string): void {
    if (this.#life.state !== 'idle')
      throw new ServerError('ERR_SERVER_CLOSED', `the server is ${this.#life.state} already`)
    this.#exposures.plan(this.#tokens.findReverse(reverseToken), parseExposure(text))
  }

  /** Registers a token for connectors. @throws ServerError when it is taken, or the reverse token is unknown */
  addConnectorToken(request: ConnectorTokenRequest): string {
    return addConnector(request, this.#tokens)
  }

  /**
   * Saves a token in the server's `state`, if it has one, and registers it at the other `nodes`; resolves when it is on
   * the disk and at the nodes.
   *
   * @param isNew Whether to remove the token if it cannot be written, unless it was saved before
   * @throws ServerError when it cannot be written, or the nodes have another token of this text
   */
  async keepToken(token: string, { isNew = true }: { readonly isNew?: boolean | undefined } = {}): Promise<void> {
    const record = this.#tokens.find(token)
    if (record !== undefined) await this.#ofProviders.keep(record, isNew ? () => this.#removeRecord(record) : undefined)
  }

  /**
   * Removes a token with the connector tokens that lead to it, and disconnects all their users. It is removed from the
   * `state` too, even if it could not be registered from there. Resolves when its SOCKS port is free, with false if
   * there was no such token.
   *
   * @param keepUsed Whether the use of its quota still counts, for a token that is registered again immediately
   */
  async removeToken(
    token: string,
    { keepUsed = false }: { readonly keepUsed?: boolean | undefined } = {},
  ): Promise<boolean> {
    const record = this.#tokens.find(token)
    if (record === undefined) return (await this.#ofProviders.kept?.forget(token)) === true
    await this.#removeRecord(record, { keepUsed })
    return true
  }

  /**
   * Opens the WebSocket port, the server's own proxy ports, and the SOCKS ports that do not wait for a provider. If one
   * of the latter two cannot be opened, the server continues without it until {@link close}.
   *
   * @throws ListenError for a port that cannot be opened; ServerError when it was called before
   */
  async listen({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#life.state !== 'idle')
      throw new ServerError('ERR_SERVER_CLOSED', `the server is ${this.#life.state} already`)
    this.#life.state = 'starting'
    this.#ofProviders.kept?.restore()
    try {
      await this.#api.open()
      this.#own.use(await this.#own.open(signal))
    } catch (error) {
      if (!this.#life.isClosing) this.#life.state = 'idle'
      throw error
    }
    if (this.#life.isClosing) {
      await this.#own.closeAll()
      throw new ServerError('ERR_SERVER_CLOSED', 'the server was closed while it started')
    }
    this.#life.state = 'listening'
    const { address } = this
    if (address !== undefined) this.emit('listening', address)
    await this.#own.openAddressPort()
    await this.#own.listenProxies()
    await this.#groups.listen(address?.port ?? 0)
    await this.#exposures.listen()
  }

  /**
   * Takes a link that did not arrive at the WebSocket port, such as a WebSocket of another server or runtime. Never
   * throws: a client without a valid token is refused over the transport. The caller checks path, host and origin. A
   * server that gets its links only here need not {@link listen}: the first one starts it.
   */
  accept(transport: MessageTransport, { query, remoteAddress, origin }: LinkHead): void {
    if (this.#life.state === 'idle') {
      this.#life.state = 'listening'
      this.#ofProviders.kept?.restore()
    }
    const arriving = Object.assign(transport, { admit: () => this.peers.size < this.#options.maxLinks })
    void this.#admission.accept(arriving, { query, headers: { origin }, remoteAddress })
  }

  /**
   * Takes no new links and channels from now on; open channels continue, and clients may resume their sessions. Clients
   * without a channel are disconnected. Resolves when nothing is open any more, or at the deadline; call {@link close}
   * afterwards. A second call returns the same promise.
   *
   * @param deadlineMs Time for open channels, in milliseconds. @default 3600000 (1 h)
   * @param isHandedOver Whether another process has the ports now: clients move there, and may begin channels here
   * until they have.
   * @default false
   * @throws ServerError before {@link listen} and after {@link close}
   */
  drain({ deadlineMs = defaultDrainMs, isHandedOver = false }: DrainRequest = {}): Promise<void> {
    return this.#life.drain(checkDurationMs('deadlineMs', deadlineMs, 0), isHandedOver)
  }

  /** Requests that the program ends once it is idle: calls the option `requestDrain`, else {@link drain}. */
  requestDrain(): void {
    const { requestDrain = () => void this.drain().catch((error: unknown) => this.#fail(error)) } = this.#options
    requestDrain()
  }

  /** The options of these names. */
  get configuration(): Pick<ServerOptions, 'reload' | 'showConfiguration'> {
    return this.#options
  }

  /** Stops accepting, gives open channels `graceMs` to finish, then closes everything. */
  close({ graceMs = 0 }: { graceMs?: number | undefined } = {}): Promise<void> {
    return this.#life.close(graceMs)
  }

  #parts(): ObservedServer {
    return {
      state: this.#life.state,
      options: this.#options,
      admission: this.#admission,
      groups: this.#groups,
      switchboard: this.#switchboard,
      outbound: this.#outbound,
      ownProxy: this.#own.ownProxy,
      port: this.#own.links,
      uses: this.#uses,
      tokens: this.#tokens,
    }
  }

  #makeLife(): Lifecycle {
    return new Lifecycle({
      admission: this.#admission,
      ports: this.#own,
      groups: this.#groups,
      exposures: this.#exposures,
      live: this.live,
      api: this.#api,
      orphanedTokens: this.#ofProviders.orphans,
      relay: this.#relay,
      uses: this.#uses,
      server: this.#options,
    })
  }

  #makeAdmission(): Admission {
    return new Admission({
      server: this.#options,
      tokens: this.#tokens,
      throttle: this.#throttle,
      observer: this.#observer,
      ...attendanceEvents(() => this.#attendance),
      onPeersChanged: () => this.#life.peersChanged(),
      onIdle: (peer) => this.#life.idle(peer),
      onConnect: (peer, channel) => this.#router.connect(peer, channel),
      onMessage: (peer, message) => {
        this.#ofProviders.messages.receive(peer, message)
        this.#attendance.receive(peer, message)
        answerExpose(this.#exposures, peer, message)
        this.#life.receive(peer, message)
      },
      ...gateOf(this.#uses, this.tickets, () => this.#relay, this.#options.relay !== undefined),
      onRefused: (remoteAddress, reason, cause) => this.#refused(remoteAddress, reason, cause),
    })
  }

  #makePorts(): ServerPorts {
    return new ServerPorts({
      server: this.#options,
      watchOwn: this.#observer.own,
      outbound: () => this.#outbound,
      linkPort: () => ({
        api: this.#api.atPort,
        throttle: this.#throttle,
        isDraining: () => this.#life.state === 'draining',
        health: this.#options.relay && (() => this.health()),
        isKnownToken: (hash) => this.tickets.admits(hash) || this.#relay?.admits(hash) === true,
        onRefused: (remoteAddress, reason) => this.#refused(remoteAddress, reason, 'token'),
        onTransport: (transport, request) => void this.#admission.accept(transport, request),
      }),
      onProxy: (address) => this.emit('socksListening', address, undefined),
    })
  }

  #refused(remoteAddress: string, reason: string, cause: RefusalCause): void {
    this.#observer.refused(remoteAddress, reason, cause)
    this.emit('clientRefused', remoteAddress, reason)
  }

  readonly #removeLater = (record: TokenRecord, reason?: string): void => {
    this.#removeRecord(record, { reason }).catch((error: unknown) => this.#fail(error))
  }

  #removeRecord(record: TokenRecord, removal?: Removal): Promise<void> {
    const [parts, { peers }] = [this.#parts(), this]
    const more = { peers, exposures: this.#exposures, relay: this.#relay, nodes: this.#options.nodes }
    return removeToken(record, { ...parts, ...this.#ofProviders, ...more }, removal)
  }

  /** Reports an error outside any call: to the log, and as an event if it has a listener. */
  #fail(thrown: unknown): void {
    const error = asError(thrown)
    this.#options.logger.error({ err: error }, error.message)
    if (this.listenerCount('error') > 0) this.emit('error', error)
  }
}
