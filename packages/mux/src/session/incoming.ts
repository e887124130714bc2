import { channelIdBytes, channelIdOffset, type ChannelKey, channelKey, MessageType, peekType } from '@ls/codec'
import { decodeAck } from '@ls/codec/messages'
import { textOf } from '@ls/foundation'
import { MuxError } from '../errors.js'
import type { Outbox } from '../link/outbox.js'
import type { Sequencer } from '../link/sequencer.js'
import type { ReadonlyTable } from '../memory/table.js'
import type { UrgentPart } from '../urgent/urgent-part.js'
import { handshakeText, isBaseChannelMessage, isForOwner, isHandshake } from './message-kind.js'
import { type ConnectHost, receiveConnect } from './receive-connect.js'
import type { SessionCounters, SessionHandler } from './session-handler.js'
import type { TableEntry } from './table-entry.js'

export interface IncomingOptions {
  readonly host: ConnectHost
  readonly handler: SessionHandler
  readonly counters: SessionCounters
  readonly entries: ReadonlyTable<ChannelKey, TableEntry>
  readonly outbox: Outbox
  /** Present where `resume` is in force. */
  readonly sequencer: Sequencer | undefined
  readonly urgent: UrgentPart
  /** The peer reports that a second transport would help. */
  onLossy(): void
}

/**
 * Passes messages that arrive over the links of a session to its channels, and those without a channel to the session's
 * owner.
 */
export class Incoming {
  readonly #options: IncomingOptions
  readonly #entries: ReadonlyTable<ChannelKey, TableEntry>
  readonly #sequencer: Sequencer | undefined

  constructor(options: IncomingOptions) {
    this.#options = options
    this.#entries = options.entries
    this.#sequencer = options.sequencer
  }

  /** Receives a message of the main link. @throws any error that a broken peer causes */
  receive(message: Uint8Array): void {
    const type = peekType(message)
    if (type === MessageType.Ack && this.#sequencer !== undefined) return this.#receiveAck(message, this.#sequencer)
    if (!isHandshake(type)) this.#sequencer?.countReceived(message.length)
    // On a base link deployed Python clients send Auth again.
    else if (this.#sequencer) throw new MuxError('ERR_MUX_PROTOCOL', handshakeText(type))
    if (this.#options.urgent.link?.lastIsKnown === true) return
    if (this.#isChannelMessage(type)) this.#receiveForChannel(type, message)
    else this.#receiveOther(type, message)
  }

  /**
   * Receives a copy of a message that has not arrived over the main link yet. @throws MuxError for one without a
   * channel
   */
  receiveEarly(message: Uint8Array): void {
    const type = peekType(message)
    if (this.#isChannelMessage(type)) return this.#receiveForChannel(type, message)
    throw new MuxError('ERR_MUX_PROTOCOL', `a copy of a message of type ${type}, which belongs to no channel`)
  }

  #receiveForChannel(type: number, message: Uint8Array): void {
    const entry = this.#entries.get(channelKey(message, channelIdOffset(type)))
    if (entry === undefined) return this.#receiveStray(type, message)
    entry.idleChecks = 0
    try {
      entry.onMessage(type, message)
    } catch (error) {
      const text = textOf(error)
      this.#options.host.options.logger.warn({ err: error }, `channel aborted: ${text}`)
      entry.abort(`failed: ${text}`)
    }
  }

  #isChannelMessage(type: number): boolean {
    const { window, fin } = this.#options.host.options
    if (type === MessageType.Window) return window
    if (type === MessageType.Fin) return fin
    return isBaseChannelMessage(type)
  }

  #receiveStray(type: number, message: Uint8Array): void {
    const { host, handler, counters } = this.#options
    if (type === MessageType.Connect) return receiveConnect(message, host, handler)
    counters.strayMessages++
    if (handler.onStray === undefined) return
    const at = channelIdOffset(type)
    handler.onStray(message.slice(at, at + channelIdBytes), type)
  }

  #receiveOther(type: number, message: Uint8Array): void {
    const { host, handler, counters, onLossy } = this.#options
    if (type === MessageType.Lossy && host.options.urgent) return onLossy()
    if (isForOwner(type)) handler.onMessage?.(message)
    else counters.unknownMessages++
  }

  #receiveAck(message: Uint8Array, sequencer: Sequencer): void {
    const { sequence, arrival } = decodeAck(message)
    if (!sequencer.onAck(sequence, arrival)) {
      throw new MuxError('ERR_MUX_PROTOCOL', `Ack of message ${sequence}, which was never sent`)
    }
    this.#options.urgent.link?.look()
    this.#options.outbox.pump()
  }
}
