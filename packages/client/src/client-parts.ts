import type { EventEmitter } from 'node:events'
import { decode, type Extension, MessageType } from '@ls/codec'
import { Changes, inGroup, type Logger, type Snapshot } from '@ls/foundation'
import { ClientError } from '@ls/link'
import type { Session, SessionHandler } from '@ls/mux'
import { formatExposure, Outbound } from '@ls/relay'
import { connectByteStream } from '@ls/transport'
import { ClientLinks } from './client-links.js'
import { ConnectorTokens } from './connector-tokens.js'
import { ClientCounts } from './counts/client-counts.js'
import { channelCountOf, DirectPaths } from './direct-paths.js'
import type { ClientEvents } from './events.js'
import { Exposures } from './exposures.js'
import { ClientLive } from './live/client-live.js'
import type { ResolvedClientOptions } from './options/resolve-options.js'
import { Ports } from './ports.js'
import { hostOf } from './server-dial.js'

/** The client of the parts: emits their events. */
export interface PartsOwner {
  readonly events: EventEmitter<ClientEvents>
  snapshot(): Snapshot
  /** Called when a link is up. */
  onLinked(): void
  /** Called when the client must end. */
  onEnd(error: Error): void
}

/** All parts of a client, each connected to those that it needs. */
export class ClientParts {
  readonly links: ClientLinks
  readonly direct: DirectPaths
  /** Undefined on providers. */
  readonly outbound: Outbound | undefined
  /** Undefined on providers, which open none. */
  readonly ports: Ports | undefined
  readonly connectors: ConnectorTokens
  readonly counts: ClientCounts
  readonly exposures: Exposures
  /** Notified when channels have ended. */
  readonly ended: Changes
  /** Live view; undefined until its first use. */
  live: ClientLive | undefined
  readonly #options: ResolvedClientOptions
  readonly #logger: Logger
  readonly #owner: PartsOwner

  constructor(options: ResolvedClientOptions, owner: PartsOwner) {
    const { clock, logger } = options
    this.#options = options
    this.#logger = logger
    this.#owner = owner
    this.counts = new ClientCounts(options)
    this.ended = new Changes(clock)
    this.connectors = new ConnectorTokens(options.connectorTokens, { clock, retryRefused: options.retryAuth })
    this.exposures = this.#makeExposures()
    this.outbound = this.#makeOutbound()
    this.links = this.#makeLinks()
    this.direct = this.#makeDirectPaths()
    this.ports = options.reverse ? undefined : this.#makePorts()
  }

  /** Number of open channels on all links and direct paths. */
  get channelCount(): number {
    return channelCountOf([...this.links.sessions, ...this.direct.sessions])
  }

  /** The live view, which is created now if it was not yet. */
  watched(): ClientLive {
    this.live ??= new ClientLive({
      clock: this.#options.clock,
      role: this.#options.reverse ? 'reverse' : 'forward',
      server: hostOf(this.#options.url),
      sessions: () => this.links.sessions,
      direct: () => this.direct.sessions,
      protocolOf: (session) => this.direct.protocolOf(session),
      snapshot: () => this.#owner.snapshot(),
    })
    return this.live
  }

  /** Ends everything; the peers receive the reason. Resolves when no router has a port of ours open any more. */
  async close(reason: string): Promise<void> {
    this.live?.view.close()
    this.exposures.close()
    const unmapped = this.direct.close(reason)
    this.links.close(reason)
    void this.ports?.close()
    await unmapped
  }

  #makeExposures(): Exposures {
    const { exposes, clock } = this.#options
    return new Exposures(exposes, {
      clock,
      onExposed: (exposure) => {
        this.#logger.info({ exposed: formatExposure(exposure) }, 'the server has opened a port')
        this.#owner.events.emit('exposed', exposure)
      },
      onRefused: (exposure, reason) => {
        this.#logger.error({ reason }, `${formatExposure(exposure)} is not exposed: ${reason}`)
        this.#owner.events.emit('exposeRefused', exposure, reason)
      },
    })
  }

  /** Outbound of a provider. The server may reach only exposed targets, unless `exit.access` allows more. */
  #makeOutbound(): Outbound | undefined {
    const { exit } = this.#options
    if (exit === undefined) return undefined
    const accessRules = [...(exit.accessRules ?? []), ...this.exposures.accessRules]
    const options = { ...this.#options, ...exit, accessRules, dialWebSocket: connectByteStream }
    return inGroup('exit', exit, () => new Outbound(options))
  }

  #makeDirectPaths(): DirectPaths {
    return new DirectPaths({
      options: this.#options,
      relay: this.links.source,
      send: (message) => this.links.send(message),
      tokens: this.connectors,
      sessionHandler: {
        onConnect: (channel) => this.outbound?.serve(channel),
        ...this.#channelEvents,
      },
      onPath: (path, reason, protocol) => this.#owner.events.emit('path', path, reason, protocol),
      onFatal: (error) => this.#owner.onEnd(error),
    })
  }

  /** The same for sessions with the server and with peers. */
  readonly #channelEvents: Pick<SessionHandler, 'onChannelOpened' | 'onChannelClosed'> = {
    onChannelOpened: (channel) => this.live?.channelOpened(channel),
    onChannelClosed: (channel, reason) => {
      this.counts.ended(channel, reason)
      this.live?.channelClosed(channel, reason)
      this.ended.note()
    },
  }

  #makePorts(): Ports {
    return new Ports(this.#options, {
      ...this.direct.source,
      onProxy: (address) => this.#owner.events.emit('socksListening', address),
      onForward: (forward) => this.#owner.events.emit('forwardListening', forward),
    })
  }

  #makeLinks(): ClientLinks {
    const { events, onEnd } = this.#owner
    return new ClientLinks(this.#options, {
      sessionHandler: {
        onConnect: (channel) => {
          if (this.outbound === undefined) channel.reject('forbidden: this client opens channels and accepts none')
          else if (!this.direct.take(channel)) this.outbound.serve(channel)
        },
        ...this.#channelEvents,
      },
      counts: this.counts.sessions,
      onMessage: (session, message) => this.#receive(session, message),
      onUp: (session, resumed, agreed) => this.#linkUp(session, resumed, agreed),
      onDown: (reason) => this.#linkDown(reason),
      onFailed: (error) => events.emit('linkFailed', error),
      onSessionClosed: (session) => {
        this.live?.left(session)
        this.connectors.sessionClosed(session)
      },
      onToken: (token) => events.emit('serverToken', token),
      onEnd,
    })
  }

  #linkUp(session: Session, resumed: boolean, agreed: readonly Extension[]): void {
    const { window } = session.options
    this.#logger.info(
      { server: hostOf(this.#options.url), extended: window },
      resumed ? 'link is back; nothing was lost' : 'link is up',
    )
    if (!resumed) this.#addConnectors(session)
    if (!resumed) this.exposures.sessionBegan(session, agreed)
    this.#owner.onLinked()
    this.direct.linkUp()
    this.live?.linked(session)
    this.#owner.events.emit('linkUp', resumed)
  }

  #linkDown(reason: string): void {
    this.#logger.warn({ reason, channels: this.channelCount }, `link is down: ${reason}`)
    this.live?.down(reason)
    this.#owner.events.emit('linkDown', reason)
  }

  #addConnectors(session: Session): void {
    this.connectors.sessionBegan(session, {
      onAdded: (token) => this.#owner.events.emit('connectorAdded', token),
      onRefused: (_token, { reason, isFinal }) => {
        const text = `no connector can use a connector token of this provider: ${reason}`
        if (isFinal) this.#owner.onEnd(new ClientError('ERR_CLIENT_CONNECTOR_REFUSED', text))
        else this.#logger.error({ reason }, `${text}; the server is asked again`)
      },
    })
  }

  #receive(session: Session, bytes: Uint8Array): void {
    const message = decode(bytes)
    if (this.direct.receive(message)) return
    if (message.type === MessageType.Partners) this.#partners(session, message.count)
    else if (message.type === MessageType.Log) this.#logger[message.level]({ from: 'server' }, message.text)
    else if (message.type === MessageType.Exposed) this.exposures.receive(session, message)
    else this.connectors.receive(bytes)
  }

  #partners(session: Session, count: number): void {
    // A Go server counts the providers of all tokens.
    if (session.options.window) this.direct.setProviders(count)
    this.#owner.events.emit('partners', count)
  }
}
