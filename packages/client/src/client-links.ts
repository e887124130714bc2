import { type Extension, newChannelId } from '@ls/codec'
import { encodeRelink } from '@ls/codec/messages'
import { nodeCompressor } from '@ls/codec/node'
import type { Logger } from '@ls/foundation'
import { ClientError, Link, PingedTransport, ShownToken } from '@ls/link'
import { MovingLink, type MovingLinkOptions, UrgentDialler } from '@ls/link/linked'
import { type Session, SharedPath } from '@ls/mux'
import { Balancer, type ChannelSource, type SessionCounts, type SessionPicker } from '@ls/relay'
import { countedSession } from './counts/counted-session.js'
import { failoverOpener } from './failover-opener.js'
import { NetworkWatch } from './network-watch.js'
import type { ResolvedClientOptions } from './options/resolve-options.js'
import { hostOf, makeServerDial, warnOfEnvironment } from './server-dial.js'
import { webSocketOpener } from './websocket-opener.js'

/**
 * Time without a link after which a client with several servers begins another session, in milliseconds. A resume
 * through another server takes some round trips, unless the server of the session stands still or has vanished.
 */
const silentServerMs = 2000

/** Callbacks of a client's links. */
export interface ClientLinksEvents extends Required<Pick<MovingLinkOptions, 'sessionHandler' | 'onMessage'>> {
  /** Counts the sessions. */
  readonly counts: SessionCounts
  /** Called when a link is up; `resumed` if it continues the previous session. */
  onUp(session: Session, resumed: boolean, agreed: readonly Extension[]): void
  /** Called when a link is down; it is dialled again. */
  onDown(reason: string): void
  /** Called when an attempt to link failed. */
  onFailed(error: Error): void
  /** Called when a session has ended. */
  onSessionClosed(session: Session): void
  /** Called when a relay has sent a token to this provider. */
  onToken(token: string): void
  /** Called when a link has ended for good, and the client with it. */
  onEnd(error: Error): void
}

/**
 * Links of a client: dials them, distributes channels over their sessions, and dials immediately when the network
 * changes.
 */
export class ClientLinks {
  /** Opens channels in these sessions. */
  readonly source: Required<Pick<ChannelSource, 'pick' | 'pickOther'>>

  readonly #logger: Logger
  readonly #events: ClientLinksEvents
  readonly #links: readonly MovingLink[]
  readonly #balancer: Balancer
  readonly #watch: NetworkWatch
  readonly #token: ShownToken
  #closed = false

  constructor(options: ResolvedClientOptions, events: ClientLinksEvents) {
    const { clock, linkWaitMs, logger, threads } = options
    this.#logger = logger
    this.#events = events
    this.#balancer = new Balancer({ clock, waitMs: linkWaitMs })
    this.source = { pick: (signal) => this.#pick(signal), pickOther: (tried) => this.#balancer.other(tried) }
    this.#watch = new NetworkWatch({ clock, onChange: (reason) => this.#networkChanged(reason) })
    this.#token = new ShownToken({ settings: options, onChange: (token) => events.onToken(token) })
    const instance = newChannelId()
    const leave = options.fallbackUrls.length > 0 ? { afterMs: silentServerMs, relink: encodeRelink() } : undefined
    const serverDial = makeServerDial(options)
    const servers = [options.url, ...options.fallbackUrls].map((url) => {
      return { name: hostOf(url), opener: webSocketOpener({ options: { ...options, url }, instance, serverDial }) }
    })
    const opener = failoverOpener({ servers, clock, logger })
    warnOfEnvironment(options)
    const { sessionHandler, counts, onMessage } = events
    const sharedPath = new SharedPath()
    this.#links = Array.from({ length: threads }, () => {
      return new MovingLink({
        settings: options,
        leave,
        token: this.#token,
        instance,
        opener,
        makeLink: (linkOptions) => new Link(linkOptions),
        urgentDialler: (diallerOptions) => new UrgentDialler(diallerOptions),
        makeSession: (sessionOptions, handler) => countedSession({ ...sessionOptions, sharedPath }, handler, counts),
        addHeartbeat: (transport, heartbeat) => new PingedTransport(transport, heartbeat),
        compressor: nodeCompressor,
        sessionHandler,
        onMessage,
        onUp: (session, resumed, agreed) => this.#up(session, resumed, agreed),
        onDown: (reason) => this.#down(reason),
        onFailed: (error) => events.onFailed(error),
        onReplaced: (session) => this.#balancer.remove(session),
        onClosed: (session) => this.#sessionClosed(session),
        onEnd: (error) => events.onEnd(error),
      })
    })
  }

  /** Token that the server sent to this provider, or that of the options; undefined before it arrives. */
  get serverToken(): string | undefined {
    return this.#token.fromServer
  }

  /**
   * One session for each link that is up or waits to be resumed, and those whose channels continue at a former server.
   */
  get sessions(): readonly Session[] {
    return this.#links.flatMap(({ sessions }) => sessions)
  }

  /** Returns a session whose link is up. @throws ClientError when there is none */
  anySession(): Session {
    const session = this.#links.map((link) => link.session).find((candidate) => candidate?.state === 'linked')
    if (session === undefined) throw new ClientError('ERR_CLIENT_NO_LINK', 'no link to the server is up')
    return session
  }

  /** Sends a message over a link that is up; without one it is lost. */
  send(message: Uint8Array): void {
    const session = this.#links.map((link) => link.session).find((candidate) => candidate?.state === 'linked')
    session?.send(message)
  }

  /** Dials all links for the first time. */
  start(): void {
    this.#watch.start()
    for (const link of this.#links) link.start()
  }

  /** Makes waiting links dial immediately: the network has changed. */
  retryNow(): void {
    for (const link of this.#links) link.retryNow()
  }

  /** Ends all links and their sessions, and rejects requests that wait for one. */
  close(reason: string): void {
    this.#closed = true
    this.#balancer.close()
    this.#watch.stop()
    for (const link of this.#links) link.close(reason)
  }

  /** Picks a session. If no link is up, links dial now instead of at the next planned attempt. */
  #pick(signal: Parameters<SessionPicker>[0]): ReturnType<SessionPicker> {
    const picked = this.#balancer.pick(signal)
    if (picked instanceof Promise) for (const link of this.#links) link.wanted()
    return picked
  }

  #networkChanged(reason: string): void {
    this.#logger.info({}, `${reason}: links that are down are dialled now`)
    this.retryNow()
  }

  #up(session: Session, resumed: boolean, agreed: readonly Extension[]): void {
    this.#balancer.add(session)
    if (this.#links.every(({ isUp }) => isUp)) this.#watch.stop()
    this.#events.onUp(session, resumed, agreed)
  }

  #down(reason: string): void {
    if (!this.#closed) this.#watch.start()
    this.#events.onDown(reason)
  }

  #sessionClosed(session: Session): void {
    this.#balancer.remove(session)
    this.#events.onSessionClosed(session)
  }
}
