import type { EventEmitter } from 'node:events'
import { asError, inGroup, RareLog } from '@ls/foundation'
import { Outbound } from '@ls/relay'
import { connectByteStream } from '@ls/transport'
import type { ManagedServer } from './api/api-call.js'
import { ServerApi } from './api/server-api.js'
import type { RefusalCause } from './counts/server-counts.js'
import type { ServerEvents } from './events.js'
import { answerExpose } from './expose/expose-messages.js'
import type { Exposures } from './expose/exposures.js'
import { makeExposures } from './expose/make-exposures.js'
import { Lifecycle } from './life/lifecycle.js'
import { MovingClients } from './life/moving-clients.js'
import { admissionChecks } from './links/admission-checks.js'
import { LinkAdmission } from './links/admission.js'
import { AuthThrottle } from './links/auth-throttle.js'
import { ClientLifecycle, clientLifecycleEvents } from './links/client-lifecycle.js'
import type { Peer } from './links/peer.js'
import { type ObservedServer, ServerObserver } from './live/server-observer.js'
import { LocalNode } from './nodes/local-node.js'
import { type ResolvedServerOptions, resolveServerOptions } from './options/resolve-options.js'
import type { ServerOptions } from './options/server-options.js'
import { TokenUses } from './policy/token-uses.js'
import { PortChanges } from './port/port-changes.js'
import { ServerPorts } from './port/server-ports.js'
import type { RelayHealth } from './relay-mode/health.js'
import { Relay } from './relay-mode/relay.js'
import { ChannelForwarder } from './reverse/channel-forwarder.js'
import { ChannelRouter } from './reverse/channel-router.js'
import { ReverseGroups } from './reverse/reverse-groups.js'
import type { TokenMaker } from './state/restore-token.js'
import { Tickets } from './tickets/tickets.js'
import { makeProviderTokens, type ProviderTokens } from './tokens/provider-tokens.js'
import { type Removal, removeToken } from './tokens/remove-token.js'
import { type TokenRecord, TokenRegistry } from './tokens/token-registry.js'

/** The server of the parts: receives their events, and registers tokens. */
export type PartsOwner = ManagedServer & TokenMaker & EventEmitter<ServerEvents>

/** All parts of a server, each connected to those that it needs. */
export class ServerParts {
  readonly options: ResolvedServerOptions
  readonly tokens = new TokenRegistry()
  readonly tickets: Tickets
  readonly observer: ServerObserver
  readonly channelForwarder: ChannelForwarder
  readonly ports: ServerPorts
  readonly portChanges: PortChanges
  readonly uses: TokenUses
  readonly admission: LinkAdmission
  readonly groups: ReverseGroups
  readonly exposures: Exposures
  readonly relay: Relay | undefined
  readonly ofProviders: ProviderTokens
  readonly api: ServerApi
  readonly life: Lifecycle
  readonly #moving: MovingClients
  readonly localNode: LocalNode
  readonly #server: PartsOwner
  readonly #outbound: Outbound
  readonly #router: ChannelRouter
  readonly #clientLifecycle: ClientLifecycle
  /** Throttle for tokens and the API key together. */
  readonly #throttle: AuthThrottle

  constructor(given: ServerOptions, server: PartsOwner) {
    const options = resolveServerOptions(given)
    const { logger, clock } = options
    this.options = options
    this.#server = server
    this.#throttle = new AuthThrottle({ clock })
    // Nodes of several machines have tickets of their own.
    this.tickets = new Tickets(this.tokens, clock, options.siblings && options.nodes)
    this.observer = new ServerObserver(options, () => this.#observed())
    this.channelForwarder = new ChannelForwarder(new RareLog(clock, logger), this.observer.forwardedEnded)
    this.ports = this.#makePorts()
    const ownPorts = () => [...this.ports.numbers, ...this.groups.ports, ...this.exposures.ports]
    const dialling = { ...options, ownPorts, dialWebSocket: connectByteStream }
    this.#outbound = inGroup('exit', given.exit, () => new Outbound(dialling))
    this.ports.prepareProxies()
    this.uses = new TokenUses({ server: options, peers: () => this.peers, forwarded: () => this.channelForwarder })
    this.admission = this.#makeAdmission()
    this.groups = this.#makeGroups()
    this.exposures = makeExposures(options, this.groups, server)
    const shared = { options, tokens: this.tokens, groups: this.groups, remove: this.#removeLater }
    this.relay = Relay.of({ ...shared, throttle: this.#throttle })
    const ways = { isDraining: () => this.life.isDraining, channelForwarder: this.channelForwarder, uses: this.uses }
    const exits = { server: options, outbound: this.#outbound, relay: this.relay }
    this.#router = new ChannelRouter({ ...shared, ...ways, ...exits })
    this.ofProviders = makeProviderTokens({ ...shared, server, relay: this.relay })
    const guests = { groups: this.groups, exposures: this.exposures, uses: this.uses, tickets: this.tickets }
    const orphanedTokens = this.ofProviders.orphans
    this.#clientLifecycle = new ClientLifecycle({ ...guests, relay: this.relay, orphanedTokens, options, server })
    this.api = this.#makeApi()
    this.life = this.#makeLife()
    this.#moving = this.#makeMoving()
    const localNodeParts = {
      server,
      admission: this.admission,
      life: this.life,
      moving: this.#moving,
      exposures: this.exposures,
      tickets: this.tickets,
    }
    this.localNode = new LocalNode({ ...shared, ...ways, ...localNodeParts })
    this.portChanges = new PortChanges(this.ports, this.tokens, this.groups, this.uses, (address) =>
      server.emit('listening', address),
    )
  }

  /** Clients with a session. */
  get peers(): ReadonlySet<Peer> {
    return this.admission.peers
  }

  /** State of a relay; undefined where the server is no relay. */
  health(): RelayHealth | undefined {
    return this.relay?.health(!this.life.isDraining && !this.life.isClosing, this.peers.size)
  }

  /** Removes a token, see {@link removeToken}. */
  remove(record: TokenRecord, removal?: Removal): Promise<void> {
    const { peers, tokens, uses, groups, exposures, relay, ofProviders } = this
    const { nodes } = this.options
    return removeToken(record, { ...ofProviders, peers, tokens, uses, groups, exposures, relay, nodes }, removal)
  }

  /** Reports an error outside any call: to the log, and as an event if it has a listener. */
  fail(thrown: unknown): void {
    const error = asError(thrown)
    this.options.logger.error({ err: error }, error.message)
    if (this.#server.listenerCount('error') > 0) this.#server.emit('error', error)
  }

  #observed(): ObservedServer {
    return {
      state: this.life.state,
      options: this.options,
      admission: this.admission,
      groups: this.groups,
      channelForwarder: this.channelForwarder,
      outbound: this.#outbound,
      ownProxy: this.ports.ownProxy,
      port: this.ports.links,
      uses: this.uses,
      tokens: this.tokens,
    }
  }

  #makeApi(): ServerApi {
    return new ServerApi({
      server: this.#server,
      options: this.options,
      throttle: this.#throttle,
      onWrongKey: (remoteAddress) => this.#refused(remoteAddress, 'wrong API key', 'api-key'),
    })
  }

  #makeLife(): Lifecycle {
    return new Lifecycle({
      admission: this.admission,
      ports: this.ports,
      groups: this.groups,
      exposures: this.exposures,
      live: this.observer.live.view,
      api: this.api,
      orphanedTokens: this.ofProviders.orphans,
      relay: this.relay,
      uses: this.uses,
      server: this.options,
    })
  }

  #makeMoving(): MovingClients {
    const { groups, exposures, options } = this
    // Tickets, exposed ports and the identities of a relay belong to the node.
    const mayLeave = ({ ticket, record }: Peer): boolean =>
      options.relay === undefined &&
      ticket === undefined &&
      (record.kind !== 'reverse' || exposures.of(record).length === 0)
    return new MovingClients({ peers: this.peers, groups, mayLeave, clock: options.clock })
  }

  #makeGroups(): ReverseGroups {
    return new ReverseGroups({
      server: this.options,
      use: (record) => this.uses.of(record),
      onListening: ({ token }, address) => {
        this.options.logger.info(address, 'SOCKS port open for providers')
        this.#server.emit('socksListening', address, token)
      },
      onError: (error) => this.fail(error),
    })
  }

  #makeAdmission(): LinkAdmission {
    const clientLifecycle = clientLifecycleEvents(() => this.#clientLifecycle)
    return new LinkAdmission({
      server: this.options,
      tokens: this.tokens,
      throttle: this.#throttle,
      observer: this.observer,
      ...clientLifecycle,
      onJoin: (peer) => {
        this.#moving.joined(peer)
        clientLifecycle.onJoin(peer)
      },
      onPeersChanged: () => this.life.peersChanged(),
      onIdle: (peer) => {
        this.life.idle(peer)
        this.#moving.idle(peer)
      },
      onConnect: (peer, channel) => this.#router.connect(peer, channel),
      onMessage: (peer, message) => {
        this.ofProviders.messages.receive(peer, message)
        this.#clientLifecycle.receive(peer, message)
        answerExpose(this.exposures, peer, message)
        if (!this.life.receive(peer, message)) this.#moving.receive(peer, message)
      },
      ...admissionChecks({
        uses: this.uses,
        tickets: this.tickets,
        relay: () => this.relay,
        isRelay: this.options.relay !== undefined,
      }),
      onRefused: (remoteAddress, reason, cause) => this.#refused(remoteAddress, reason, cause),
    })
  }

  #makePorts(): ServerPorts {
    return new ServerPorts({
      server: this.options,
      watchOwn: this.observer.own,
      outbound: () => this.#outbound,
      linkPort: () => ({
        api: this.api.atPort,
        throttle: this.#throttle,
        isDraining: () => this.life.state === 'draining',
        isAskedToLeave: (instance) => this.#moving.refuses(instance),
        health: this.options.relay && (() => this.health()),
        isKnownToken: (hash) => this.tickets.admits(hash) || this.relay?.admits(hash) === true,
        onRefused: (remoteAddress, reason) => this.#refused(remoteAddress, reason, 'token'),
        onTransport: (transport, request) => void this.admission.accept(transport, request),
      }),
      onProxy: (address) => this.#server.emit('socksListening', address, undefined),
    })
  }

  #refused(remoteAddress: string, reason: string, cause: RefusalCause): void {
    this.observer.refused(remoteAddress, reason, cause)
    this.#server.emit('clientRefused', remoteAddress, reason)
  }

  readonly #removeLater = (record: TokenRecord, reason?: string): void => {
    this.remove(record, { reason }).catch((error: unknown) => this.fail(error))
  }
}
