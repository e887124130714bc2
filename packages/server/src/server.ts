import { EventEmitter } from 'node:events'
import { nodeCompressor } from '@ls/codec/node'
import { type Channel, type ForwardedChannel, type Logger, MemoryBudget, type MessageTransport, Session } from '@ls/mux'
import { Outbound } from '@ls/relay'
import { listen, parseAuthQuery, type TransportListener, type UpgradeRequest } from '@ls/transport'
import { AuthThrottle } from './auth-throttle.js'
import { ConnectorMessages } from './connector-messages.js'
import { ServerError } from './errors.js'
import type { ServerEvents } from './events.js'
import { type Agreement, Refusal, shakeHands, type Ticket } from './handshake.js'
import { refuse } from './refuse.js'
import { answerHttp } from './http.js'
import { type ResolvedServerOptions, resolveServerOptions, type ServerOptions } from './options.js'
import type { Peer } from './peer.js'
import { PortPool } from './port-pool.js'
import { ReverseGroup } from './reverse-group.js'
import { Switchboard } from './switchboard.js'
import { type ConnectorToken, makeToken, type ReverseToken, type TokenRecord, TokenRegistry } from './token-registry.js'

export interface ReverseTokenRequest {
  /** @default a new one */
  readonly token?: string
  /** @default the server's `socksHost` */
  readonly socksHost?: string
  /** Port for SOCKS; −1 for none. @default a free one of the pool, or −1 with `allowManageConnector` */
  readonly socksPort?: number
  readonly username?: string
  readonly password?: string
  /** Autonomy: providers add and remove connector tokens of their own. @default false */
  readonly allowManageConnector?: boolean
  /** Open the SOCKS port before the first provider has come. @default false */
  readonly socksNowait?: boolean
}

export interface ConnectorTokenRequest {
  /** @default a new one */
  readonly token?: string
  readonly reverseToken: string
}

/**
 * A LinkSocks server: clients reach the network through it (forward), it reaches the network through clients
 * (reverse), or it joins the two (agent, autonomy).
 *
 * @example
 * const server = new LinkSocksServer({ port: 8765 })
 * const token = server.addForwardToken()
 * await server.listen()
 */
export class LinkSocksServer extends EventEmitter<ServerEvents> {
  readonly #options: ResolvedServerOptions
  readonly #logger: Logger
  readonly #tokens = new TokenRegistry()
  readonly #ports: PortPool
  readonly #outbound: Outbound
  readonly #budget: MemoryBudget
  readonly #throttle: AuthThrottle
  readonly #groups = new Map<ReverseToken, ReverseGroup>()
  readonly #peers = new Set<Peer>()
  readonly #tickets = new Map<string, Ticket>()
  readonly #switchboard = new Switchboard()
  readonly #connectorMessages: ConnectorMessages
  #listener: TransportListener | undefined
  #state: 'idle' | 'listening' | 'closing' | 'closed' = 'idle'

  constructor(options: ServerOptions = {}) {
    super()
    this.#options = resolveServerOptions(options)
    this.#logger = this.#options.logger
    this.#ports = new PortPool(this.#options.portPool)
    this.#outbound = new Outbound(this.#options)
    this.#budget = new MemoryBudget(options.processBudgetBytes ?? defaultProcessBudgetBytes)
    this.#throttle = new AuthThrottle({ clock: this.#options.clock })
    this.#connectorMessages = new ConnectorMessages({
      tokens: this.#tokens,
      isConnected: (reverse, instance) => this.#groups.get(reverse)?.hasProvider(instance) ?? false,
      remove: (token) => this.#removeRecord(token),
      changed: (token) => this.#groups.get(token.reverse)?.ownershipChanged(),
    })
  }

  /** Where the WebSocket port listens; undefined before {@link listen}. */
  get address(): { host: string; port: number } | undefined {
    return this.#listener?.address()
  }

  /** Tokens, with what is connected through each. */
  get tokens(): TokenRegistry {
    return this.#tokens
  }

  /** Clients connected now, one entry for each session. */
  get peers(): ReadonlySet<Peer> {
    return this.#peers
  }

  /** Registers a token for clients whose traffic leaves here; returns it. @throws ServerError when it is taken */
  addForwardToken(token: string = makeToken()): string {
    return this.#tokens.add({ kind: 'forward', token }).token
  }

  /** Registers a token for providers. @throws ServerError when the token or the port is taken */
  addReverseToken(request: ReverseTokenRequest = {}): { token: string; port: number } {
    const { token = makeToken(), allowManageConnector = false, socksPort, socksNowait = false } = request
    this.#tokens.assertFree(token)
    const withoutPort = socksPort === -1 || (allowManageConnector && socksPort === undefined)
    const port = withoutPort ? -1 : this.#ports.take(socksPort)
    const record = this.#tokens.add<ReverseToken>({
      kind: 'reverse',
      token,
      port,
      host: request.socksHost ?? this.#options.socksHost,
      username: request.username,
      password: request.password,
      allowManageConnector,
    })
    const group = this.#makeGroup(record, socksNowait)
    if (socksNowait && this.#state === 'listening') group.listen().catch((error: Error) => this.#fail(error))
    return { token, port }
  }

  /** Registers a token for connectors. @throws ServerError when it is taken, or the reverse token is unknown */
  addConnectorToken({ token = makeToken(), reverseToken }: ConnectorTokenRequest): string {
    const reverse = this.#tokens.find(reverseToken)
    if (reverse?.kind !== 'reverse') {
      throw new ServerError('ERR_SERVER_NO_REVERSE_TOKEN', 'reverse token does not exist')
    }
    const known = this.#tokens.find(token)
    if (known?.kind === 'connector' && known.reverse === reverse && known.owner === undefined) return token
    if (known !== undefined) throw new ServerError('ERR_SERVER_TOKEN_EXISTS', 'connector token already exists')
    return this.#tokens.add<ConnectorToken>({ kind: 'connector', token, reverse, owner: undefined }).token
  }

  /** Removes a token and closes everyone who uses it; false when there was none. */
  removeToken(token: string): boolean {
    const record = this.#tokens.find(token)
    if (record === undefined) return false
    this.#removeRecord(record)
    return true
  }

  /** Opens the WebSocket port and the SOCKS ports that do not wait for a provider. */
  async listen({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#state !== 'idle') throw new ServerError('ERR_SERVER_CLOSED', `the server is ${this.#state} already`)
    const { host, port, maxLinks, heartbeat, logger } = this.#options
    this.#listener = await listen({
      host,
      port,
      maxLinks,
      logger,
      ...(signal === undefined ? {} : { signal }),
      ...(heartbeat === undefined ? {} : { heartbeat }),
      authorize: ({ path }) => (isSocketPath(path) ? undefined : { status: 404, text: '404 page not found\n' }),
      onTransport: (transport, request) => void this.#accept(transport, request),
      onRequest: (request, response) => answerHttp(request, response, this, this.#options),
    })
    this.#state = 'listening'
    this.emit('listening', this.#listener.address())
    await Promise.all([...this.#groups.values()].filter((group) => group.socksNowait).map((group) => group.listen()))
  }

  /** Stops accepting, gives open channels `graceMs` to finish, then closes everything. */
  async close({ graceMs = 0 }: { graceMs?: number } = {}): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#state = 'closing'
    this.#throttle.close()
    const listenerClosed = this.#listener?.close()
    await Promise.all([...this.#groups.values()].map((group) => group.close(graceMs)))
    await this.#idle(graceMs)
    for (const { session } of this.#peers) session.close('the server is shutting down')
    await this.#listener?.closeAll()
    await listenerClosed
    this.#state = 'closed'
  }

  /** Channels that end or pass here now. */
  *channels(): Generator<{ peer: Peer; channel: Channel } | { forwarded: ForwardedChannel }> {
    for (const peer of this.#peers) for (const channel of peer.session.channels()) yield { peer, channel }
    for (const forwarded of this.#switchboard) yield { forwarded }
  }

  async #accept(transport: MessageTransport, request: UpgradeRequest): Promise<void> {
    const remoteAddress = request.remoteAddress ?? 'unknown'
    try {
      const agreement = await shakeHands(transport, parseAuthQuery(request.query), {
        options: this.#options,
        tokens: this.#tokens,
        findTicket: (id) => this.#tickets.get(id),
      })
      this.#throttle.succeeded(remoteAddress)
      if (agreement !== undefined) this.#welcome(transport, agreement, remoteAddress)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#logger.debug({ remoteAddress, reason }, 'a client was refused')
      this.emit('clientRefused', remoteAddress, reason)
      if (!(error instanceof Refusal)) return transport.close({ code: 1002, reason })
      this.#throttle.failed(remoteAddress, () => refuse(transport, reason))
    }
  }

  #welcome(transport: MessageTransport, agreement: Agreement, remoteAddress: string): void {
    const { identity, extensions, peerWindowBytes, ticket } = agreement
    // The token may have gone while the client took its time.
    if (this.#state !== 'listening' || this.#tokens.find(identity.record.token) !== identity.record) {
      return refuse(transport, 'invalid token')
    }
    const session = new Session(
      {
        ...this.#options,
        extensions,
        ...(peerWindowBytes === undefined ? {} : { peerWindowBytes }),
        processBudget: this.#budget,
        compressor: nodeCompressor,
        allocate: (bytes) => Buffer.allocUnsafeSlow(bytes),
      },
      {
        onConnect: (channel) => this.#connect(peer, channel),
        onMessage: (message) => this.#connectorMessages.receive(peer, message),
        onLinked: () => this.#groupOf(peer.record)?.wake(peer),
        onClose: (reason) => this.#farewell(peer, reason, ticket?.id),
      },
    )
    const peer: Peer = { session, ...identity, remoteAddress, connectedAtMs: Date.now() }
    if (ticket !== undefined) this.#tickets.set(ticket.id, { ...ticket, session })
    this.#peers.add(peer)
    session.attach(transport)
    const group = this.#groupOf(peer.record)
    if (peer.record.kind === 'reverse') group?.addProvider(peer)
    if (peer.record.kind === 'connector') group?.addConnector(peer)
    const info = { kind: peer.record.kind, instance: peer.instance, remoteAddress }
    this.#logger.info({ ...info, extensions }, 'client connected')
    this.emit('clientConnected', info)
  }

  #farewell(peer: Peer, reason: string, ticketId: string | undefined): void {
    if (ticketId !== undefined) this.#tickets.delete(ticketId)
    this.#peers.delete(peer)
    const group = this.#groupOf(peer.record)
    group?.removeProvider(peer)
    group?.removeConnector(peer)
    const { instance, remoteAddress } = peer
    const info = { kind: peer.record.kind, instance, remoteAddress }
    this.#logger.info({ ...info, reason }, 'client disconnected')
    this.emit('clientDisconnected', info, reason)
  }

  #connect(peer: Peer, channel: Channel): void {
    const { record, session } = peer
    if (record.kind === 'forward') return this.#outbound.serve(channel)
    const group = this.#groupOf(record)
    if (record.kind === 'reverse' || group === undefined) return channel.reject('forbidden: providers open no channels')
    this.#switchboard.connect(channel, session, group.providersFor(record), this.#options.connectorWaitMs)
  }

  #groupOf(record: TokenRecord): ReverseGroup | undefined {
    if (record.kind === 'forward') return undefined
    return this.#groups.get(record.kind === 'reverse' ? record : record.reverse)
  }

  #makeGroup(record: ReverseToken, socksNowait: boolean): ReverseGroup {
    const group = new ReverseGroup({
      record,
      socksNowait,
      server: this.#options,
      onListening: (address) => {
        this.#logger.info(address, 'SOCKS port open for providers')
        this.emit('socksListening', address, record.token)
      },
      onError: (error) => this.#fail(error),
    })
    this.#groups.set(record, group)
    return group
  }

  #removeRecord(record: TokenRecord): void {
    this.#tokens.remove(record)
    for (const peer of [...this.#peers]) {
      if (peer.record === record) peer.session.close('the token was removed')
    }
    if (record.kind !== 'reverse') return
    for (const connector of this.#tokens.connectorsOf(record)) this.#removeRecord(connector)
    const group = this.#groups.get(record)
    this.#groups.delete(record)
    // The port is free for others once nothing listens on it any more.
    void group?.close(0).then(() => this.#ports.release(record.port))
  }

  /** An error that no caller waits for; the embedder may listen for it, the log has it in any case. */
  #fail(error: Error): void {
    this.#logger.error({ err: error }, error.message)
    if (this.listenerCount('error') > 0) this.emit('error', error)
  }

  async #idle(graceMs: number): Promise<void> {
    const until = performance.now() + graceMs
    while (performance.now() < until && [...this.#peers].some(({ session }) => session.channelCount > 0)) {
      await new Promise((resolve) => setTimeout(resolve, idlePollMs))
    }
  }
}

/** 1 GiB: what all clients together may make the server hold for slow readers. */
const defaultProcessBudgetBytes = 1_073_741_824

/** How often a closing server looks whether its channels are done. */
const idlePollMs = 50

/** `/socket` and `/socket/` (protocol.md §1). */
function isSocketPath(path: string): boolean {
  return path === '/socket' || path === '/socket/'
}
