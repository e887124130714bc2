import { directTarget, isDirectTarget, type Message, MessageType } from '@ls/codec'
import { nodeCompressor } from '@ls/codec/node'
import type { DirectConnectors, DirectProvider, GoPath, makeGoPath, Path, PathProtocol, PortMapper } from '@ls/direct'
import { checkDirectOptions } from '@ls/direct/options'
import { type Logger, type PathCounts, textOf, loggerOfPart } from '@ls/foundation'
import type { Channel, Session, SessionHandler } from '@ls/mux'
import { type ChannelSource, openStream, RelayError } from '@ls/relay'
import type { ResolvedClientOptions } from './options/resolve-options.js'

export interface DirectPathsInit {
  readonly options: ResolvedClientOptions
  /** Links to the server. */
  readonly relay: Required<Pick<ChannelSource, 'pick' | 'pickOther'>>
  /** Sends a message over a link to the server; lost without a link. */
  send(message: Uint8Array): void
  /** Connector tokens of a provider. */
  readonly tokens: Iterable<string>
  readonly sessionHandler: Pick<SessionHandler, 'onConnect' | 'onChannelOpened' | 'onChannelClosed'>
  onPath(path: Path, reason: string, protocol: PathProtocol | undefined): void
  /** Called when there is no path, and the client must end without one. */
  onFatal(error: Error): void
}

/** Start of the Log by which a server announces that it passes signals of Go programs on (protocol.md §1.9). */
const serverHello = 'linksocks_server_hello:'
/**
 * Failed attempts of a client that must not use the server, before it ends, where the peer may be a Go program: that
 * one announces itself within some seconds.
 */
const patientFailures = 3

/** Distance of the router's port for Go programs from that for clients of this project: one leads to one socket. */
const goPortOffset = 1

/** Direct paths of a client, in addition to its links to the server; none unless the options ask for them. */
export class DirectPaths {
  /** Opens channels over the direct path while there is one, otherwise over the links to the server. */
  readonly source: Required<Pick<ChannelSource, 'pick' | 'pickOther'>>

  readonly #init: DirectPathsInit
  readonly #logger: Logger
  #connectors: DirectConnectors | undefined
  #providerCount = 1
  #provider: DirectProvider | undefined
  /** Path to a Go program. */
  #go: GoPath | undefined
  /** Opens ports at the router; undefined unless the options ask for it. */
  #mapper: PortMapper | undefined
  #loading: Promise<void> | undefined
  #lastFailure = ''
  /** Failed attempts since the last path. */
  #failures = 0
  readonly #changes = { tcp: 0, udp: 0, relay: 0 }
  #isClosed = false

  /** @throws RangeError for an invalid option */
  constructor(init: DirectPathsInit) {
    const { direct } = init.options
    if (direct !== undefined) checkDirectOptions(direct)
    this.#init = init
    this.#logger = loggerOfPart(init.options.logger, 'direct')
    const { relay } = init
    this.source = {
      pick: (signal) => this.#pick() ?? relay.pick(signal),
      pickOther: (tried) => (this.#allowsRelay ? relay.pickOther(tried) : undefined),
    }
  }

  /** Sessions with peers, over either path. */
  get sessions(): readonly Session[] {
    const own = this.#provider?.sessions ?? this.#connectors?.sessions ?? []
    return this.#go?.session === undefined ? own : [...own, this.#go.session]
  }

  /** Path of new channels; for a provider, whether any connector has a direct path. */
  get path(): Path {
    const direct = (this.#connectors?.direct.length ?? 0) > 0 || (this.#provider?.directCount ?? 0) > 0
    return direct || this.#go?.direct !== undefined ? 'direct' : 'relay'
  }

  /** Handles a link to the server that is up: paths can now be negotiated. */
  linkUp(): void {
    if (this.#init.options.direct === undefined || this.#isClosed) return
    this.#loading ??= this.#load()
    void this.#loading.then(() => this.#connectors?.start())
  }

  /** Session for a new channel; undefined for the relay. @throws RelayError in mode `direct-only` without a path */
  #pick(): Session | undefined {
    const { direct } = this.#init.options
    if (direct === undefined) return undefined
    const session = this.#connectors?.pick() ?? this.#pickGo()
    if (session === undefined && direct.mode === 'direct-only') {
      const detail = 'there is no direct path, and the server must not carry connections (direct-only)'
      throw new RelayError({ word: 'no-provider', detail })
    }
    return session
  }

  /** The path to a Go program carries all channels while there is no other path. */
  #pickGo(): Session | undefined {
    return (this.#connectors?.direct.length ?? 0) > 0 ? undefined : this.#go?.direct
  }

  /** Whether channels may go through the relay. */
  get #allowsRelay(): boolean {
    return this.#init.options.direct?.mode !== 'direct-only'
  }

  /** Sets the number of providers: each gets a path, and they take turns. */
  setProviders(count: number): void {
    this.#providerCount = count
    this.#connectors?.setProviders(count)
  }

  /** The client's `channels` by path, and changes of the path so far. */
  counts(channels: number): readonly PathCounts[] | undefined {
    if (this.#init.options.direct === undefined) return undefined
    const [tcp, udp] = [channelCountOf(this.#directOver('tcp')), channelCountOf(this.#directOver('udp'))]
    return [
      { path: 'direct', protocol: 'tcp', channels: tcp, changes: this.#changes.tcp },
      { path: 'direct', protocol: 'udp', channels: udp, changes: this.#changes.udp },
      { path: 'relay', channels: channels - tcp - udp, changes: this.#changes.relay },
    ]
  }

  /** Protocol of the direct path that a session takes now. */
  protocolOf(session: Session): PathProtocol | undefined {
    return (['tcp', 'udp'] as const).find((protocol) => this.#directOver(protocol).includes(session))
  }

  #directOver(protocol: PathProtocol): readonly Session[] {
    const own = (this.#provider ?? this.#connectors)?.directOver(protocol) ?? []
    // Go programs use QUIC.
    return protocol === 'udp' && this.#go?.session !== undefined ? [...own, this.#go.session] : own
  }

  /** Handles a message of the server if it belongs to the paths of Go programs; otherwise returns false. */
  receive(message: Message): boolean {
    if (message.type === MessageType.Log && message.text.startsWith(serverHello)) {
      this.#serverAllows()
      return true
    }
    if (!('json' in message)) return false
    this.#go?.receive(message)
    return true
  }

  /** A Go program does not know the secret, so there is no path to one where a secret is set. */
  #serverAllows(): void {
    const { direct } = this.#init.options
    if (direct === undefined || direct.secret !== undefined) return
    this.linkUp()
    void this.#loading?.then(() => this.#go?.serverAllows())
  }

  /** Accepts a connector's channel for the negotiation of a direct path; false if it is for a target. */
  take(channel: Channel): boolean {
    if (!isDirectTarget(channel.address)) return this.#takeRelayed(channel)
    // A connector may ask in the moment after the provider's link is up.
    if (this.#provider === undefined && this.#loading !== undefined) void this.#loading.then(() => this.#serve(channel))
    else this.#serve(channel)
    return true
  }

  #serve(channel: Channel): void {
    if (channel.state === 'closed') return
    if (this.#provider === undefined) channel.reject('forbidden: this provider has no direct paths')
    else this.#provider.serve(channel)
  }

  /**
   * Handles the removal of a connector token: no connection with it reaches the provider any more, not even by a direct
   * path.
   */
  removeToken(token: string): void {
    this.#provider?.remove(token)
  }

  /** Ends all paths. Resolves when the router has closed its ports, after 0.9 s at the latest. */
  async close(reason: string): Promise<void> {
    this.#isClosed = true
    this.#connectors?.close(reason)
    this.#go?.close(reason)
    this.#provider?.close(reason)
    await this.#mapper?.close()
  }

  #takeRelayed(channel: Channel): boolean {
    if (this.#allowsRelay) return false
    channel.reject('forbidden: this provider accepts direct paths only')
    return true
  }

  async #load(): Promise<void> {
    const { options, tokens, sessionHandler } = this.#init
    const onPath = this.#tell.bind(this)
    const { direct = {}, clock, token, reverse } = options
    try {
      // A client without direct paths does not load the module.
      const { DirectConnectors, DirectProvider, loadPuncher, makeGoPath } = await import('@ls/direct')
      await this.#loadMapper()
      this.#go ??= this.#makeGo(makeGoPath)
      const puncher = await loadPuncher(direct, { clock, logger: this.#logger, mapper: this.#mapper })
      if (this.#isClosed) return
      const { secret } = direct
      const session = { ...options, trace: options.extensions.includes('trace') }
      const common = { clock, session, puncher, secret, allowRelay: this.#allowsRelay, sessionHandler }
      if (reverse) {
        const onProviderPath = (path: Path, protocol?: PathProtocol): void =>
          onPath(path, 'a connector has moved', protocol)
        const logger = this.#logger
        this.#provider = new DirectProvider({ ...common, logger, tokens: () => tokens, onPath: onProviderPath })
        return
      }
      const openTunnel = async (signal: AbortSignal) => {
        // A Go program would take the reserved target for a name, each time anew.
        if (this.#go?.direct !== undefined) throw new Error('there is a path to a Go program')
        return openStream(this.#init.relay, directTarget, signal)
      }
      const onFailed = (error: Error): void => this.#failed(error)
      this.#connectors = new DirectConnectors({ ...common, token, openTunnel, onPath, onFailed })
      this.#connectors.setProviders(this.#providerCount)
    } catch (error) {
      this.#logger.error({ err: error }, `no direct paths, all connections use the server: ${textOf(error)}`)
      if (!this.#allowsRelay) this.#init.onFatal(error as Error)
    }
  }

  async #loadMapper(): Promise<void> {
    const { direct, clock } = this.#init.options
    if (direct?.upnp === undefined) return
    const { PortMapper } = await import('@ls/direct/upnp')
    if (!this.#isClosed) this.#mapper = new PortMapper({ ...direct.upnp, clock, logger: this.#logger })
  }

  #makeGo(make: typeof makeGoPath): GoPath {
    const { options, sessionHandler, send } = this.#init
    const { direct = {}, clock } = options
    return make({
      clock,
      logger: this.#logger,
      session: { ...options, compressor: nodeCompressor },
      addressServers: direct.stunServers ?? [],
      hostCandidates: direct.hostCandidates ?? 'auto',
      mapPort: (port) => this.#mapper?.map(port, goPortOffset),
      send,
      sessionHandler,
      onPath: (state, reason) => (state === 'up' ? this.#tell('direct', reason, 'udp') : this.#tell(this.path, reason)),
      onFailed: (error) => this.#failed(error),
    })
  }

  #tell(path: Path, reason: string, protocol?: PathProtocol): void {
    this.#lastFailure = ''
    this.#failures = 0
    this.#changes[path === 'relay' ? path : (protocol ?? 'udp')]++
    this.#logger.info({ path, protocol, reason }, `path: ${path} (${reason})`)
    this.#init.onPath(path, reason, protocol)
  }

  /** Logs a failed attempt, the same reason only once. Attempts continue. */
  #failed(error: Error): void {
    const { mode, onlyAction = 'exit' } = this.#init.options.direct ?? {}
    if (this.#go?.direct !== undefined) return
    this.#failures++
    const isHopeless = this.#failures > (this.#go?.isAnnounced === true ? patientFailures : 0)
    if (mode === 'direct-only' && onlyAction === 'exit' && isHopeless) return this.#init.onFatal(error)
    if (error.message === this.#lastFailure) return
    this.#lastFailure = error.message
    this.#logger.warn({ reason: error.message }, `no direct path: ${error.message}; it is tried again`)
  }
}

/** Number of open channels of these sessions. */
export function channelCountOf(sessions: readonly Session[]): number {
  return sessions.reduce((sum, { channelCount }) => sum + channelCount, 0)
}
