import type { Compressor, Extension } from '@ls/codec'
import type { MessageTransport, Session, SessionHandler, SessionOptions } from '@ls/mux'
import type { PingedTransportOptions } from './pinged-transport.js'
import type { ResolvedLinkSettings } from './settings.js'
import type { ShownToken } from './shown-token.js'
import type { UrgentDialler, UrgentDiallerOptions } from './urgent-dialler.js'

/** Opens the WebSockets of a link. */
export interface LinkOpener {
  /** Whether the query has the token, so that no Auth message follows. */
  readonly authenticated: boolean
  /** Whether the first messages are sent with the request for the WebSocket, as early data. @default false */
  readonly earlyData?: boolean
  /** Opens one WebSocket; rejects when the server cannot be reached. */
  open(request: OpenLinkRequest): Promise<MessageTransport>
}

/** One attempt to open a link. */
export interface OpenLinkRequest {
  /** Token for the query. */
  readonly token: string
  /** 16 bytes: the id of the session to resume, for the query. */
  readonly resume: Uint8Array | undefined
  /** The first messages, with `earlyData`; otherwise empty. */
  readonly firstMessages: readonly Uint8Array[]
  /** Aborts when the link is closed. */
  readonly signal: AbortSignal
}

/** Receives what happens to a {@link Link}. */
export interface LinkHandler {
  /** The server sent a message that belongs to no channel. @default ignored */
  onMessage?(session: Session, message: Uint8Array): void
  /** The server asks for a session with another process (protocol.md §3.8), with this message. @default ignored */
  onRelink?(session: Session, request: Uint8Array): void
  /** The link is up, with a new session or a resumed one, and these extensions. */
  onUp(session: Session, resumed: boolean, agreed: readonly Extension[]): void
  /** The WebSocket is closed; the session waits for the next one, or `onClosed` follows. @default ignored */
  onDown?(reason: string): void
  /** An attempt failed, and another one follows. @default ignored */
  onFailed?(error: Error): void
  /** A session is over, with its channels. */
  onClosed(session: Session, reason: string): void
  /** The link is down permanently. */
  onEnd(error: Error): void
}

/** Settings and callbacks of a {@link Link}. */
export interface LinkOptions extends LinkHandler {
  /** Settings from {@link resolveLinkSettings}. */
  readonly settings: ResolvedLinkSettings
  /** Token of the client, shared by all its links. */
  readonly token: ShownToken
  /** 16 bytes that name this process, the same for all its links. */
  readonly instance: Uint8Array
  /** Opens its WebSockets. */
  readonly opener: LinkOpener
  /** Makes its sessions. */
  makeSession(options: SessionOptions, handler: SessionHandler): Session
  /**
   * Adds a heartbeat to a WebSocket that cannot ping, as {@link PingedTransport} does, and returns the transport for
   * the session. @default such WebSockets have no heartbeat
   */
  addHeartbeat?(transport: MessageTransport, options: PingedTransportOptions): MessageTransport
  /**
   * Makes what opens a second WebSocket for urgent messages (protocol.md §3.9); must not fail. A page loads its code.
   * @default no second WebSocket is opened
   */
  urgentDialler?(options: UrgentDiallerOptions): UrgentDialler | Promise<UrgentDialler | undefined>
  /** Inflates compressed data of deployed peers. @default none: channels with such data are aborted */
  readonly compressor?: Compressor | undefined
  /** Handles requests of the server on this link. */
  readonly sessionHandler: Pick<SessionHandler, 'onConnect' | 'onChannelOpened' | 'onChannelClosed'>
}
