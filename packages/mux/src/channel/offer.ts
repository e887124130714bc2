import { type Address, type ChannelKey, decode, MessageType } from '@ls/codec'
import { sessionEndOf } from '../session/ends.js'
import type { SessionEnd } from '../session/session-end.js'
import type { Session } from '../session/session.js'
import type { TableEntry } from '../session/table-entry.js'
import { connectMessage, disconnectMessage } from './channel-messages.js'
import type { Channel } from './channel.js'

/** Result of an offer. Exactly one method is called, once, unless the offer is withdrawn. */
export interface OfferHandler {
  /**
   * The peer accepts: `message` is its first one, to be given to `forwardAccepted` in the same turn of the event loop.
   */
  onAccept(message: Uint8Array): void
  /** The peer refuses it, with a reason that begins with a word of protocol.md §4. */
  onRefuse(error: string): void
  /** The session is over. */
  onSessionClosed(reason: string): void
}

export interface OfferInit {
  /** The channel as its opener requested it, not answered yet. */
  readonly request: Channel
  /** The target to request; absent for UDP. */
  readonly address: Address | undefined
}

/**
 * A channel requested by the peer of one session and offered to the peer of another, under the same id. No data passes
 * before it is accepted, so it can be offered to several peers and withdrawn from all but one.
 */
export class ChannelOffer implements TableEntry {
  /** The id of the request as the key of a Map. */
  readonly key: ChannelKey
  readonly id: Uint8Array
  /** The session whose peer it is offered to. */
  readonly host: Session
  readonly relieved = true
  idleChecks = 0
  readonly #request: Channel
  readonly #host: SessionEnd
  readonly #handler: OfferHandler
  #isOver = false

  private constructor(request: Channel, host: SessionEnd, handler: OfferHandler) {
    this.key = request.key
    this.id = request.id
    this.host = host
    this.#host = host
    this.#request = request
    this.#handler = handler
  }

  /** Offers `request`, which must be unanswered; returns undefined if `to` cannot take it or already uses its id. */
  static make({ request, address }: OfferInit, to: Session, handler: OfferHandler): ChannelOffer | undefined {
    if (to.state === 'closed' || to.full) return undefined
    const host = sessionEndOf(to)
    const offer = new ChannelOffer(request, host, handler)
    if (!host.adopt(offer)) return undefined
    host.sendControl(connectMessage(request.id, request.protocol, address))
    return offer
  }

  onMessage(type: number, message: Uint8Array): void {
    if (type === MessageType.ConnectResponse || type === MessageType.Disconnect) return this.#answered(message)
    if (type === MessageType.Data) this.#end(() => this.#handler.onAccept(message))
  }

  onSessionClosed(reason: string): void {
    this.#end(() => this.#handler.onSessionClosed(reason))
  }

  abort(error: string): void {
    this.#end(() => {
      this.#host.sendControl(disconnectMessage(this.#request.id, error))
      this.#handler.onRefuse(error)
    })
  }

  /** Withdraws the offer: another peer has accepted, or the opener is gone. */
  withdraw(): void {
    this.#end(() => this.#host.sendControl(disconnectMessage(this.#request.id, '')))
  }

  #answered(message: Uint8Array): void {
    const answer = decode(message)
    if (answer.type === MessageType.ConnectResponse && answer.success)
      return this.#end(() => this.#handler.onAccept(message))
    const error = 'error' in answer ? answer.error : undefined
    this.#end(() => this.#handler.onRefuse(error || 'failed: no reason given'))
  }

  #end(then: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#host.forget(this)
    then()
  }
}
