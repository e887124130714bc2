import { type ChannelKey, peekType } from '@ls/codec'
import { encodeLossy } from '@ls/codec/messages'
import { textOf, type TimerHandle } from '@ls/foundation'
import type { ChannelCloseReason } from '../channel/channel-close.js'
import { ChannelEnd } from '../channel/channel-end.js'
import type { ChannelHandler } from '../channel/channel-handler.js'
import { MuxError } from '../errors.js'
import type { Flow } from '../flow/flow.js'
import { Outbox } from '../link/outbox.js'
import { Sequencer } from '../link/sequencer.js'
import { isFinal, type MessageTransport, SessionCloseCode, type TransportCloseReason } from '../link/transport.js'
import type { Table } from '../memory/table.js'
import { type ResolvedSessionOptions, resolveSessionOptions, type SessionOptions } from '../options.js'
import { UrgentPart } from '../urgent/urgent-part.js'
import { IdleWatch } from './idle-watch.js'
import { Incoming } from './incoming.js'
import { LinkTime } from './link-time.js'
import { handshakeText, isHandshake } from './message-kind.js'
import { fullText, openChannel } from './open-channel.js'
import { ReadingGate } from './reading-gate.js'
import {
  callOwner,
  type OpenRequest,
  type SessionCounters,
  type SessionHandler,
  type SessionState,
} from './session-handler.js'
import type { SessionParts } from './session-parts.js'
import type { ChannelHost, TableEntry } from './table-entry.js'

/** The end of a session in this process: the implementation of {@link Session}. */
export class SessionEnd implements ChannelHost {
  /** The given options, with the defaults filled in. */
  readonly options: ResolvedSessionOptions
  readonly counters: SessionCounters = { strayMessages: 0, unknownMessages: 0 }

  readonly #handler: SessionHandler
  readonly #entries: Table<ChannelKey, TableEntry>
  readonly #sequencer: Sequencer | undefined
  readonly #outbox: Outbox
  readonly #urgent: UrgentPart
  readonly #incoming: Incoming
  readonly #gate: ReadingGate
  readonly #idleWatch: IdleWatch
  #transport: MessageTransport | undefined
  #state: SessionState = 'unlinked'
  #graceTimer: TimerHandle
  readonly #linkTime = new LinkTime()
  #receivedMessages = 0

  /** @throws RangeError for an option out of its range. */
  constructor(options: SessionOptions, handler: SessionHandler, parts: SessionParts) {
    this.options = resolveSessionOptions(options, parts)
    this.#handler = handler
    const { budget, clock, stuckTimeoutMs: timeoutMs, resume, urgent } = this.options
    const onAckDue = (): void => this.#outbox.acknowledge()
    const pump = (): void => this.#outbox.pump()
    this.#sequencer = resume ? new Sequencer({ session: this.options, parts, onAckDue, pump }) : undefined
    this.#outbox = new Outbox({ sequencer: this.#sequencer, ...this.options })
    this.#urgent = new UrgentPart({
      urgent,
      budget,
      parts,
      sequencer: this.#sequencer,
      outbox: this.#outbox,
      onLossy: () => {
        if (handler.onLossy === undefined) this.sendControl(encodeLossy())
        else this.#call(() => handler.onLossy?.())
      },
      onMessage: (message) => this.#incoming.receiveEarly(message),
      onError: (error) => this.#protocolError(error),
    })
    this.#entries = new (parts.Table ?? Map)()
    this.#incoming = new Incoming({
      host: this,
      handler,
      counters: this.counters,
      entries: this.#entries,
      outbox: this.#outbox,
      sequencer: this.#sequencer,
      urgent: this.#urgent,
      onLossy: () => this.#call(() => handler.onLossy?.()),
    })
    this.#idleWatch = new IdleWatch(this.options, this.#entries)
    this.#gate = new ReadingGate({ clock, timeoutMs, readers: () => [this.#transport, this.#urgent.link] })
  }

  get state(): SessionState {
    return this.#state
  }

  get linked(): boolean {
    return this.#state === 'linked'
  }

  linkedMs(): number {
    return this.#linkTime.totalMs(this.options.clock.now())
  }

  get receivedMessages(): number {
    return this.#receivedMessages
  }

  get overdue(): boolean {
    return this.#transport?.keepalive?.overdue === true
  }

  get transport(): MessageTransport | undefined {
    return this.#transport
  }

  get hasUrgent(): boolean {
    return this.#urgent.link?.up === true
  }

  get channelCount(): number {
    return this.#entries.size
  }

  get receivedSequence(): number {
    return this.#sequencer?.received ?? 0
  }

  get replayBytes(): number {
    return this.#sequencer?.replayBytes ?? 0
  }

  canResume(peerReceived: number): boolean {
    return this.#state !== 'closed' && this.#sequencer?.canRestart(peerReceived) === true
  }

  *channels(): Generator<ChannelEnd> {
    for (const entry of this.#entries.values()) if (entry instanceof ChannelEnd) yield entry
  }

  has(key: ChannelKey): boolean {
    return this.#entries.has(key)
  }

  attach(transport: MessageTransport, peerReceived?: number): boolean {
    if (this.#state === 'closed') return false
    if (peerReceived === undefined && this.#sequencer?.started === true) {
      throw new TypeError('attach needs peerReceived')
    }
    if (peerReceived !== undefined && this.#sequencer?.restart(peerReceived) !== true) return false
    this.detach()
    this.options.clock.clearTimeout(this.#graceTimer)
    this.#transport = transport
    this.#state = 'linked'
    this.#linkTime.began(this.options.clock.now())
    transport.setHandler({
      onMessage: (message) => this.#transport === transport && this.#receive(message),
      onDrain: () => this.#transport === transport && this.#outbox.onDrain(),
      onClose: (reason) => this.#transport === transport && this.#lost(reason),
    })
    if (this.#gate.closed) transport.pause()
    else transport.resume()
    if (this.options.resume) transport.keepalive?.hasten()
    this.#outbox.start(transport)
    this.#call(() => this.#handler.onLinked?.())
    return true
  }

  attachUrgent(transport: MessageTransport): boolean {
    return this.linked && this.#urgent.attach(transport, !this.#gate.closed)
  }

  detach(): void {
    const transport = this.#transport
    if (transport === undefined) return
    if (this.options.resume) this.#unlink('replaced by another connection')
    else this.#end('the connection was given up')
    transport.destroy()
  }

  open(request: OpenRequest, handler?: ChannelHandler): ChannelEnd {
    if (this.#state === 'closed') throw new MuxError('ERR_MUX_SESSION_CLOSED', 'the session is closed')
    if (this.full) throw new MuxError('ERR_MUX_TOO_MANY_CHANNELS', fullText(this.options))
    return openChannel(this, request, handler)
  }

  send(message: Uint8Array): void {
    const type = peekType(message)
    if (isHandshake(type)) throw new TypeError(handshakeText(type))
    this.sendControl(message)
  }

  close(reason: string, code: number = SessionCloseCode.SessionEnded, cause?: unknown): void {
    if (this.#state === 'closed') return
    const transport = this.#transport
    this.#end(reason)
    transport?.close({ code, reason, ...(cause instanceof Error && { cause }) })
  }

  sendControl(message: Uint8Array): void {
    if (this.#state === 'closed') return
    this.#outbox.sendControl(message)
    const excess = this.#outbox.controlExcess(this.options.controlQueueBytes)
    if (excess !== undefined) this.close(`the peer does not read: ${excess}`)
  }

  activate(flow: Flow): void {
    if (this.#state !== 'closed') this.#outbox.activate(flow)
  }

  forget(entry: TableEntry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key)
    this.#gate.release(entry)
    if (this.#entries.size === 0) this.#call(() => this.#handler.onIdle?.())
  }

  ended(entry: TableEntry, reason: ChannelCloseReason): void {
    if (entry instanceof ChannelEnd) this.#call(() => this.#handler.onChannelClosed?.(entry, reason))
  }

  holdReading(entry: TableEntry): void {
    if (this.#state !== 'closed') this.#gate.hold(entry)
  }

  recheckReading(): void {
    this.#gate.recheck()
  }

  roundTripMs(): number | undefined {
    return this.#transport?.roundTripMs
  }

  creditTripMs(): number | undefined {
    return this.#urgent.creditTripMs(this.roundTripMs())
  }

  get full(): boolean {
    return this.#entries.size >= this.options.maxChannels
  }

  /** Adds an entry to the table; false when its id is in use. For {@link forward}. */
  adopt(entry: TableEntry): boolean {
    if (this.#state === 'closed' || this.#entries.has(entry.key)) return false
    this.#entries.set(entry.key, entry)
    this.#idleWatch.start()
    if (entry instanceof ChannelEnd) this.#call(() => this.#handler.onChannelOpened?.(entry))
    return true
  }

  #receive(message: Uint8Array): void {
    this.#receivedMessages++
    try {
      this.#incoming.receive(message)
    } catch (error) {
      this.#protocolError(error)
    }
  }

  /** Ends the session, not the process: only a broken peer sends a message without a channel that causes an error. */
  #protocolError(error: unknown): void {
    const text = textOf(error)
    this.options.logger.error({ err: error }, `session closed: ${text}`)
    this.close(`protocol error: ${text}`, SessionCloseCode.ProtocolError, error)
  }

  #lost(reason: TransportCloseReason): void {
    const text = reason.reason === '' ? `connection closed with code ${reason.code}` : reason.reason
    if (!this.options.resume || this.options.graceMs === 0 || isFinal(reason.code)) return this.#end(text)
    this.#unlink(text)
    this.#call(() => this.#handler.onUnlinked?.(reason))
  }

  #unlink(why: string): void {
    const { clock, graceMs } = this.options
    this.#linkTime.ended(clock.now(), this.#transport?.keepalive?.silentMs ?? 0)
    this.#transport = undefined
    this.#state = 'unlinked'
    this.#urgent.link?.detach()
    this.#outbox.stop()
    const giveUp = (): void => this.#end(`no new connection within ${graceMs} ms after: ${why}`)
    this.#graceTimer = clock.setTimeout(giveUp, graceMs)
  }

  #end(reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#transport = undefined
    this.#urgent.link?.clear()
    this.options.clock.clearTimeout(this.#graceTimer)
    this.#idleWatch.stop()
    this.#outbox.clear()
    const lost = this.options.resume ? [] : Array.from(this.#entries.values(), ({ id }) => id)
    for (const entry of this.#entries.values()) entry.onSessionClosed(reason)
    this.#entries.clear()
    this.options.admission.close(reason)
    this.options.budget.close()
    this.#call(() => this.#handler.onClose?.(reason, lost))
  }

  /** Calls the owner; its errors must not reach the transport. */
  #call(callback: () => void): void {
    callOwner(this.options.logger, callback)
  }
}
