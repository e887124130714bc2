import { EventEmitter } from 'node:events'
import { checkDurationMs, type Snapshot } from '@ls/foundation'
import type { MessageTransport } from '@ls/mux'
import type { LiveView } from '@ls/observe'
import { parseExposure } from '@ls/relay'
import type { RefusalCounts } from '@ls/transport'
import { ServerError } from './errors.js'
import type { ServerEvents } from './events.js'
import type { ExposedPorts } from './expose/exposed-ports.js'
import { defaultDrainMs, type DrainRequest } from './life/drain.js'
import type { LinkHead } from './links/arriving-transport.js'
import type { Peer } from './links/peer.js'
import type { LocalNode } from './nodes/local-node.js'
import type { ApiOptions } from './options/api-options.js'
import type { ServerOptions } from './options/server-options.js'
import type { PortChanges } from './port/port-changes.js'
import type { RelayHealth } from './relay-mode/health.js'
import { type ChannelInfo, closeChannel, listChannels } from './reverse/channel-info.js'
import { ServerParts } from './server-parts.js'
import type { Tickets } from './tickets/tickets.js'
import { addConnector, addForward, addReverse } from './tokens/add-token.js'
import { makeToken, type TokenRecord } from './tokens/token-registry.js'
import type { AddedReverse, ConnectorTokenRequest, ReverseTokenRequest, TokenOptions } from './tokens/token-requests.js'
import { tokenStatuses, type TokenStatus } from './tokens/token-status.js'
import { tokenKey } from './tokens/token-text.js'

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
  readonly localNode: LocalNode
  /** Ports and host names that are open for providers. */
  readonly exposed: ExposedPorts
  readonly #parts: ServerParts

  /** Creates a server that does not listen yet. @throws RangeError for an option out of its range */
  constructor(options: ServerOptions = {}) {
    super()
    const parts = new ServerParts(options, this)
    this.#parts = parts
    this.tickets = parts.tickets
    this.localNode = parts.localNode
    this.exposed = parts.exposures
    this.ports = parts.portChanges
  }

  /** Address of the WebSocket port; for a UNIX socket `unix:/path` and port 0; undefined before {@link listen}. */
  get address(): { host: string; port: number } | undefined {
    return this.#parts.ports.links?.address
  }

  /** Whether clients may open direct paths; see the option `directPaths`. */
  get allowsDirectPaths(): boolean {
    return this.#parts.options.directPaths === true
  }

  /**
   * Number of connections that the WebSocket port refused before they became links; undefined before {@link listen}.
   */
  get refusals(): RefusalCounts | undefined {
    return this.#parts.ports.links?.refusals
  }

  /** Clients with a session, one entry each; some may be without a link for the grace time. */
  get peers(): ReadonlySet<Peer> {
    return this.#parts.peers
  }

  /** All counters of the server, and the use of its limits; walks all open channels. */
  snapshot(): Snapshot {
    return this.#parts.observer.snapshot()
  }

  /** State of a relay as strangers may see it; undefined where the server is no relay. */
  health(): RelayHealth | undefined {
    return this.#parts.health()
  }

  /** All tokens in the order of adding, with the number of their clients. */
  tokens(): TokenStatus[] {
    const { nodes } = this.#parts.options
    const isKept = (record: TokenRecord): boolean => {
      if (nodes?.keepsTokens === true && nodes.isShared(tokenKey(record.token))) return true
      return this.#parts.ofProviders.kept?.has(record) === true
    }
    return tokenStatuses({
      tokens: this.#parts.tokens,
      peers: this.peers,
      groups: this.#parts.groups,
      isKept,
      uses: this.#parts.uses,
    })
  }

  /** Lists the channels that end here or are forwarded now. */
  channels(): Generator<ChannelInfo> {
    return listChannels(this.peers, this.#parts.channelForwarder)
  }

  /** Closes a channel, by the id that {@link channels} shows; false when there is none. */
  closeChannel(id: string): boolean {
    const sessions = [...this.peers, this.#parts.ports.ownProxy].flatMap((holder) => holder?.session ?? [])
    return closeChannel(id, sessions, this.#parts.channelForwarder)
  }

  /** Lists of links and connections, and a stream of events: the data of the API's live view. */
  get live(): LiveView {
    return this.#parts.observer.live.view
  }

  /**
   * Ends a link and its channels, by the id that {@link live} shows; false when there is none. Its client may
   * reconnect.
   */
  closeLink(id: string): boolean {
    return this.#parts.observer.live.closeLink(id)
  }

  /**
   * Reports to readers of the live view that the program has read its configuration again.
   *
   * @param outcome The changes, one line each, or the reason why there are none.
   */
  reloaded(outcome: readonly string[] | Error): void {
    this.#parts.observer.reloaded(outcome)
  }

  /**
   * Registers a token for clients whose traffic leaves here, and returns it.
   *
   * @throws ServerError when it is taken; PolicyFault for an invalid policy
   */
  addForwardToken(token: string = makeToken(), options: TokenOptions = {}): string {
    return addForward(token, options, this.#parts.tokens)
  }

  /**
   * Registers a token for providers; returns it and its SOCKS port, if it has one.
   *
   * @throws ServerError when the token or the port is taken; RangeError for an invalid port, address or login,
   * TypeError for a user listed twice
   */
  addReverseToken<R extends ReverseTokenRequest>(request?: R): AddedReverse<R> {
    return addReverse(request, { tokens: this.#parts.tokens, groups: this.#parts.groups, server: this.#parts.options })
  }

  /**
   * Plans a port that {@link listen} opens and that leads to a target of the token's providers, in turn:
   * `2222=localhost:22`, `udp:5353=localhost:53`. It works with providers that cannot request one themselves.
   *
   * @throws ServerError for an unknown reverse token, a port in use here, or after {@link listen}; RangeError for an
   * invalid text
   */
  expose(reverseToken: string, text: string): void {
    if (this.#parts.life.state !== 'idle')
      throw new ServerError('ERR_SERVER_CLOSED', `the server is ${this.#parts.life.state} already`)
    this.#parts.exposures.plan(this.#parts.tokens.findReverse(reverseToken), parseExposure(text))
  }

  /** Registers a token for connectors. @throws ServerError when it is taken, or the reverse token is unknown */
  addConnectorToken(request: ConnectorTokenRequest): string {
    return addConnector(request, this.#parts.tokens)
  }

  /**
   * Saves a token in the server's `state`, if it has one, and registers it at the other `nodes`; resolves when it is on
   * the disk and at the nodes.
   *
   * @param isNew Whether to remove the token if it cannot be written, unless it was saved before
   * @throws ServerError when it cannot be written, or the nodes have another token of this text
   */
  async keepToken(token: string, { isNew = true }: { readonly isNew?: boolean | undefined } = {}): Promise<void> {
    const record = this.#parts.tokens.find(token)
    if (record !== undefined)
      await this.#parts.ofProviders.keep(record, isNew ? () => this.#parts.remove(record) : undefined)
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
    const record = this.#parts.tokens.find(token)
    if (record === undefined) return (await this.#parts.ofProviders.kept?.forget(token)) === true
    await this.#parts.remove(record, { keepUsed })
    return true
  }

  /**
   * Opens the WebSocket port, the server's own proxy ports, and the SOCKS ports that do not wait for a provider. If one
   * of the latter two cannot be opened, the server continues without it until {@link close}.
   *
   * @throws ListenError for a port that cannot be opened; ServerError when it was called before
   */
  async listen({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#parts.life.state !== 'idle')
      throw new ServerError('ERR_SERVER_CLOSED', `the server is ${this.#parts.life.state} already`)
    this.#parts.life.state = 'starting'
    this.#parts.ofProviders.kept?.restore()
    try {
      await this.#parts.api.open()
      this.#parts.ports.use(await this.#parts.ports.open(signal))
    } catch (error) {
      if (!this.#parts.life.isClosing) this.#parts.life.state = 'idle'
      throw error
    }
    if (this.#parts.life.isClosing) {
      await this.#parts.ports.closeAll()
      throw new ServerError('ERR_SERVER_CLOSED', 'the server was closed while it started')
    }
    this.#parts.life.state = 'listening'
    const { address } = this
    if (address !== undefined) this.emit('listening', address)
    await this.#parts.ports.openAddressPort()
    await this.#parts.ports.listenProxies()
    await this.#parts.groups.listen(address?.port ?? 0)
    await this.#parts.exposures.listen()
  }

  /**
   * Takes a link that did not arrive at the WebSocket port, such as a WebSocket of another server or runtime. Never
   * throws: a client without a valid token is refused over the transport. The caller checks path, host and origin. A
   * server that gets its links only here need not {@link listen}: the first one starts it.
   */
  accept(transport: MessageTransport, { query, remoteAddress, origin }: LinkHead): void {
    if (this.#parts.life.state === 'idle') {
      this.#parts.life.state = 'listening'
      this.#parts.ofProviders.kept?.restore()
    }
    const arriving = Object.assign(transport, { admit: () => this.peers.size < this.#parts.options.maxLinks })
    void this.#parts.admission.accept(arriving, { query, headers: { origin }, remoteAddress })
  }

  /**
   * Takes no new links and channels from now on; open channels continue, and clients may resume their sessions. Clients
   * without a channel are disconnected. Resolves when nothing is open any more, or at the deadline; call {@link close}
   * afterwards. A second call returns the same promise.
   *
   * @param timeoutMs Time for open channels, in milliseconds. @default 3600000 (1 h)
   * @param isHandedOver Whether another process has the ports now: clients move there, and may begin channels here
   * until they have.
   * @default false
   * @throws ServerError before {@link listen} and after {@link close}
   */
  drain({ timeoutMs = defaultDrainMs, isHandedOver = false }: DrainRequest = {}): Promise<void> {
    return this.#parts.life.drain({ timeoutMs: checkDurationMs('timeoutMs', timeoutMs, 0), isHandedOver })
  }

  /** Requests that the program ends once it is idle: calls the option `api.requestDrain`, else {@link drain}. */
  requestDrain(): void {
    const { requestDrain = () => void this.drain().catch((error: unknown) => this.#parts.fail(error)) } =
      this.#parts.options
    requestDrain()
  }

  /** The options of these names in the group `api`. */
  get configuration(): Pick<ApiOptions, 'reload' | 'showConfiguration'> {
    return this.#parts.options
  }

  /** Stops accepting, gives open channels `graceMs` to finish, then closes everything. */
  close({ graceMs = 0 }: { graceMs?: number | undefined } = {}): Promise<void> {
    return this.#parts.life.close(graceMs)
  }
}
