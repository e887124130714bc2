import type { TimerHandle } from '@ls/foundation'
import type { Session } from '@ls/mux'
import type { LinkHandler, LinkOptions } from './link-options.js'
import type { Link } from './link.js'

// A page loads this file once it is linked, so it imports no code that the page has already (decision 118).

/** How a {@link MovingLink} leaves a server that is silent. */
export interface LeaveOptions {
  /**
   * Time that the link may be down, in milliseconds, before a second session begins beside the one that waits: another
   * server may be reachable while that of the session does not answer.
   */
  readonly afterMs: number
  /** The message Relink, which tells the server of it once it is back. */
  readonly relink: Uint8Array
}

/** Options of a {@link MovingLink}, in addition to those of a {@link Link}. */
export interface MovingLinkOptions extends LinkOptions {
  /** How it leaves a server that is silent. @default it waits for the server */
  readonly leave?: LeaveOptions | undefined
  /** Makes each link: `(options) => new Link(options)`. */
  makeLink(options: LinkOptions): Link
  /** The session has a successor: open no more channels in it. It ends once its channels are closed. */
  onReplaced(session: Session): void
}

/** Interval at which a session that was left is checked for channels, in milliseconds. */
const checkMs = 1000

/** Time without a channel for a server to end a session that was left, in milliseconds: a provider's takes 2 s. */
const endMs = 5000

const retired = 'the session has a successor'

/**
 * A link whose server may ask it to move (protocol.md §3.8), because another process takes over. A new session begins
 * beside the old one, whose channels continue until they end. It also moves when the server is silent.
 */
export class MovingLink {
  readonly #init: MovingLinkOptions
  #current: Link
  /** The link that replaces the current one, once it is up. */
  #next: Link | undefined
  /** Replaced links whose sessions still have channels. */
  readonly #former = new Set<Link>()
  /** Set while the link is down, until it leaves. */
  #leaving: TimerHandle
  /** The server's request to move; undefined where the link moves because the server is silent. */
  #request: Uint8Array | undefined

  /** @param running Link that was made with the same options, and whose callbacks come here from now on. */
  constructor(init: MovingLinkOptions, running?: Link) {
    this.#init = init
    this.#current = running ?? init.makeLink(init)
    this.#own(this.#current)
  }

  /** The session for new channels, which may be waiting for a resume. */
  get session(): Session | undefined {
    return this.#current.session
  }

  /** The session for new channels, and the replaced ones whose channels continue. */
  get sessions(): readonly Session[] {
    return [this.#current, ...this.#former].flatMap(({ session }) => session ?? [])
  }

  /** Whether the link has a WebSocket that the server has accepted. */
  get isUp(): boolean {
    return this.#current.isUp
  }

  /** Dials for the first time. */
  start(): void {
    this.#current.start()
  }

  /** Retries after a possible change of the network, see {@link Link.retryNow}. */
  retryNow(): void {
    for (const link of this.#all) link.retryNow()
  }

  /** Retries for a request that waits for this link, see {@link Link.wanted}. */
  wanted(): void {
    this.#current.wanted()
  }

  /** Ends the link and its sessions. */
  close(reason: string): void {
    this.#init.settings.clock.clearTimeout(this.#leaving)
    for (const link of this.#all) link.close(reason)
  }

  /** Moves, as the server of `session` asks with `request`; nothing happens while it moves already. */
  move(session: Session, request: Uint8Array): void {
    // The request may be part of a buffer that is used again.
    if (session === this.session) this.#move(this.#current, request.slice())
  }

  get #all(): readonly Link[] {
    return [this.#current, ...(this.#next === undefined ? [] : [this.#next]), ...this.#former]
  }

  /** Receives what happens to a link. */
  #own(link: Link): void {
    const init = this.#init
    const handler: LinkHandler = {
      onMessage: (session, message) => init.onMessage?.(session, message),
      onRelink: (session, request) => this.move(session, request),
      onUp: (session, resumed, agreed) => {
        if (link === this.#next) this.#moved(link)
        else if (link === this.#current) this.#back(resumed)
        if (link === this.#current) init.onUp(session, resumed, agreed)
      },
      onDown: (reason) => {
        if (link !== this.#current) return
        this.#leaveLater(link)
        init.onDown?.(reason)
      },
      onFailed: (error) => {
        if (link === this.#current) init.onFailed?.(error)
      },
      onClosed: (session, reason) => {
        if (link === this.#current) this.#back(false)
        init.onClosed(session, reason)
      },
      onEnd: (error) => {
        if (link === this.#next) this.#next = undefined
        else if (!this.#former.delete(link)) init.onEnd(error)
      },
    }
    link.handler = handler
  }

  /** Leaves a link that stays down. Its session waits, in case the server comes back. */
  #leaveLater(link: Link): void {
    const { leave, settings } = this.#init
    if (leave === undefined) return
    settings.clock.clearTimeout(this.#leaving)
    this.#leaving = settings.clock.setTimeout(() => {
      // A link without a session gets a new one by itself.
      if (!link.isUp && link.session !== undefined) this.#move(link, undefined)
    }, leave.afterMs)
  }

  /** Called when the link is up again, or begins a new session: cancels a move that its server has not asked for. */
  #back(resumed: boolean): void {
    this.#init.settings.clock.clearTimeout(this.#leaving)
    if (this.#request === undefined || !resumed) this.#stay()
  }

  #move(link: Link, request: Uint8Array | undefined): void {
    if (link !== this.#current || this.#next !== undefined) return
    this.#request = request
    this.#next = this.#init.makeLink(this.#init)
    this.#own(this.#next)
    this.#next.start()
  }

  /** Cancels the move. The current link dials again by itself, and reaches the process that listens there now. */
  #stay(): void {
    const next = this.#next
    this.#next = undefined
    next?.close('the link has another session already')
  }

  #moved(next: Link): void {
    const former = this.#current
    this.#next = undefined
    this.#current = next
    this.#former.add(former)
    const { session } = former
    if (session !== undefined) {
      this.#init.onReplaced(session)
      // The answer is the same message: it has no content.
      if (session.state !== 'closed' && this.#request !== undefined) session.send(this.#request)
    }
    former.retire()
    if (this.#request === undefined) this.#endWhenIdle(former)
  }

  /**
   * Tells the server of a session that was left, once it is back, and lets it end the session: it may have sent a
   * channel that is still on its way. A server that does not end a session without channels gets it closed.
   *
   * @param idleSinceMs Time since which the session had no channel at the checks; undefined before the server was told
   */
  #endWhenIdle(former: Link, idleSinceMs?: number): void {
    const { leave, settings } = this.#init
    const { clock } = settings
    const { session } = former
    if (!this.#former.has(former)) return
    let sinceMs = idleSinceMs
    if (former.isUp && session !== undefined) {
      const nowMs = clock.now()
      if (sinceMs === undefined && leave !== undefined) session.send(leave.relink)
      if (sinceMs === undefined || session.channelCount > 0) sinceMs = nowMs
      if (nowMs - sinceMs >= endMs) return former.close(retired)
    }
    clock.setTimeout(() => this.#endWhenIdle(former, sinceMs), checkMs)
  }
}
