import { textOf } from '@ls/foundation'
import { type Address, type ChannelKey, channelKey, decode, MessageType, type Protocol } from '@ls/codec'
import type { Admission } from '../memory/admission.js'
import { AnswerDeadline } from './answer-deadline.js'
import { AnswerHold } from './answer-hold.js'
import { type ChannelCloseReason, plainEnd, reasonOfDisconnect } from './channel-close.js'
import { consumingHandler } from './consuming-handler.js'
import type { ChannelHandler } from './channel-handler.js'
import { acceptMessage, disconnectMessage, finMessage, rejectMessage, windowMessage } from './channel-messages.js'
import { chargeUntilCalled } from '../memory/charge.js'
import { lastCallMs, Linger } from './linger.js'
import { errorOfDisconnect, receiveGrant, receiveSecondConnect } from './peer-rules.js'
import { Receiver, type ReceiverOwner } from './receiver.js'
import type { SendOptions } from './send-options.js'
import { Sender, type SenderOwner } from './sender.js'
import type { ChannelHost } from '../session/table-entry.js'

/**
 * `opening`: Connect sent or received, not answered · `open` · `draining`: over for the peer, not yet for our consumer.
 */
export type ChannelState = 'opening' | 'open' | 'draining' | 'closed'

export interface ChannelInit {
  readonly host: ChannelHost
  /** 16 bytes. */
  readonly id: Uint8Array
  readonly protocol: Protocol
  /** The target; absent for UDP. */
  readonly address: Address | undefined
  /** True on the side that sent Connect. */
  readonly initiator: boolean
}

/**
 * One proxied connection. {@link Session.open} makes one; on the other side `onConnect` receives it.
 *
 * An accepted channel starts paused and without a handler. Messages that arrive before {@link resume} wait, within the
 * session's limits.
 */
export class Channel implements SenderOwner, ReceiverOwner {
  /** 16 bytes, the same at both ends (protocol.md §1.1). */
  readonly id: Uint8Array
  /** The id as the key of a Map. */
  readonly key: ChannelKey
  /** What it carries: `tcp` a stream of bytes, `udp` datagrams. */
  readonly protocol: Protocol
  /** The target as its opener asked for it; undefined for UDP, where each datagram has its own. */
  readonly address: Address | undefined
  /** Whether our side opened it. */
  readonly initiator: boolean
  /** Time the channel was made, in milliseconds of the session's clock. */
  readonly openedAtMs: number
  /** Datagrams dropped because a queue was full or they were too large; owners add their own drops. */
  droppedDatagrams = 0
  /** Idle checks in a row that found no message: what the session counts for `idleLimitMs`. */
  idleChecks = 0

  readonly #host: ChannelHost
  readonly #sender: Sender
  readonly #receiver: Receiver
  #handler: ChannelHandler | undefined
  #state: ChannelState = 'opening'
  #answered = false
  /** Error text of the Disconnect that follows the queued Fin. */
  #disconnectNext: string | undefined
  #closeReason = plainEnd
  #answerHold: AnswerHold | undefined
  #answerDeadline: AnswerDeadline | undefined
  /** Runs after we have ended towards a base peer, while its last bytes still arrive. */
  #lastCall: Linger | undefined

  constructor({ host, id, protocol, address, initiator }: ChannelInit) {
    this.id = id
    this.key = channelKey(id)
    this.protocol = protocol
    this.address = address
    this.initiator = initiator
    this.openedAtMs = host.options.clock.now()
    this.#host = host
    this.#sender = new Sender(host, this)
    this.#receiver = new Receiver(host, this)
  }

  /** How far it has come. */
  get state(): ChannelState {
    return this.#state
  }

  /** Whether Connect was answered, either way. */
  get answered(): boolean {
    return this.#answered
  }

  /** What {@link setHandler} was given last; undefined before. */
  get handler(): ChannelHandler | undefined {
    return this.#handler
  }

  /** Queue of the session's new channels while memory is short. */
  get admission(): Admission {
    return this.#host.options.admission
  }

  /** Payload bytes accepted for sending. */
  get sentBytes(): number {
    return this.#sender.sentBytes
  }

  /** Payload bytes received, uncompressed. */
  get receivedBytes(): number {
    return this.#receiver.receivedBytes
  }

  /** Bytes received and not yet taken by the consumer. */
  get queuedBytes(): number {
    return this.#receiver.queuedBytes
  }

  /** Largest payload that may be sent compressed. */
  get maxCompressedBytes(): number {
    return this.#sender.maxWholeBytes
  }

  /**
   * Payload worth reading at once, in bytes, for an owner whose source may have that much ready: what one message can
   * carry, and no more than usual while memory is short.
   */
  get readBytes(): number {
    return this.#sender.readBytes
  }

  /** Sets the handler. A paused channel stays paused until {@link resume}. */
  setHandler(handler: ChannelHandler): void {
    const consumed = (bytes: number): void => this.#sendCredit(this.#receiver.consumed(bytes))
    this.#handler = this.#host.options.autoConsume ? consumingHandler({ consumed }, handler) : handler
  }

  /**
   * Answers Connect: the target is reached. Does nothing on a channel that is answered or gone. With a `handler` it also
   * starts delivery, as {@link setHandler} and {@link resume} do.
   */
  accept(handler?: ChannelHandler): void {
    if (handler !== undefined) this.setHandler(handler)
    if (!this.initiator && !this.#answered && this.#state !== 'closed') this.#accept()
    if (handler !== undefined) this.resume()
  }

  #accept(): void {
    this.#answered = true
    if (this.#state !== 'opening') return
    this.#state = 'open'
    if (!this.#host.options.window && this.protocol === 'tcp')
      this.#answerHold = new AnswerHold(this.#host, this.#sender)
    this.#host.sendControl(acceptMessage(this.id))
    this.openWindow()
  }

  /** Answers Connect: the target is not reached; `error` begins with a word of protocol.md §4. */
  reject(error: string): void {
    if (!this.initiator && !this.#answered) this.abort(error)
  }

  /**
   * Sends TCP payload, which must not change afterwards unless it is `borrowed`. Returns true when there is room for more, and false when the
   * queue is full: the bytes are accepted, and `onDrain` follows, also where the peer then ends the channel. Returns
   * undefined where our direction is over: nothing was sent, and no `onDrain` follows.
   *
   * @throws RangeError when gzip data inflates to more than {@link maxCompressedBytes}.
   */
  send(payload: Uint8Array, options?: SendOptions): boolean | undefined {
    return this.#sender.send(payload, options)
  }

  /** Sends a datagram; false if it was dropped because the queue is full or the channel is closed. */
  sendDatagram(payload: Uint8Array, addresses: { target?: Address; source?: Address }): boolean {
    const sent = this.#sender.sendDatagram(payload, addresses)
    if (!sent && this.#sender.state === 'open') this.droppedDatagrams++
    return sent
  }

  /**
   * Ends our direction. With `fin` the other direction stays open. A base peer knows no half-close, so it gets
   * Disconnect after the last byte (protocol.md §1); bytes that it sends until then are still delivered.
   */
  end(): void {
    if (this.#sender.state !== 'open') return
    if (this.#host.options.fin) this.#sender.finish(finMessage(this.id))
    else this.#finish(plainEnd)
  }

  /**
   * Ends both directions once the queue is sent; bytes that still arrive are dropped. `error` tells the peer the
   * reason, if any. After `lingerMs` without progress the channel is cut.
   */
  disconnect(error = ''): void {
    if (this.#state === 'closed') return
    if (this.#sender.state === 'ended' || this.#unanswered) return this.abort(error)
    this.#receiver.discard()
    if (this.#state === 'draining') this.#closeReason = { kind: 'local', error }
    else if (this.#sender.state === 'ending') this.#disconnectNext = error
    else this.#finish({ kind: 'local', error })
    // It may have left already, which ends the channel.
    if (this.state !== 'closed') this.#sender.linger((text) => this.abort(text))
  }

  /** Ends both directions now and drops the queue. */
  abort(error: string): void {
    if (this.#state === 'closed') return
    const peerIsGone = this.#state === 'draining' && this.#sender.state === 'ended'
    if (this.#unanswered) this.#host.sendControl(rejectMessage(this.id, error))
    else if (!peerIsGone) this.#host.sendControl(disconnectMessage(this.id, error))
    this.#close({ kind: 'local', error })
  }

  /** Stops `onData`, `onDatagram` and `onEnd`. Messages that arrive wait, and the window holds the peer back. */
  pause(): void {
    this.#receiver.pause()
  }

  /**
   * Delivers what waits, and then whatever comes until {@link pause}. A handler that throws meanwhile aborts the
   * channel; nothing is thrown at the caller.
   */
  resume(): void {
    try {
      this.#receiver.resume()
    } catch (error) {
      this.#failed(error)
    }
  }

  /**
   * Reports that the consumer has dealt with `bytes` of payload, so that the peer may send as many more. Does nothing
   * with `autoConsume`, which counts by itself.
   *
   * @throws RangeError for more bytes than were received.
   */
  consumed(bytes: number): void {
    if (!this.#host.options.autoConsume) this.#sendCredit(this.#receiver.consumed(bytes))
  }

  /**
   * Counts `bytes` that a socket still holds of this channel's data, for the time after the channel is closed. The
   * caller calls the returned function once they have left.
   */
  countLingering(bytes: number): () => void {
    return chargeUntilCalled(this.#host.options.lingerBudget, bytes)
  }

  /** For the session: the peer knows the channel now and gets the rest of its first window. */
  openWindow(): void {
    this.#sendCredit(this.#receiver.openWindow())
  }

  /** For the session: holds Data back until the peer answers Connect. */
  holdUntilOpen(): void {
    this.#sender.hold()
  }

  /** For the session: closes the channel if the peer does not answer Connect in time, see {@link AnswerDeadline}. */
  expectAnswer(deadlineMs: number): void {
    this.#answerDeadline = new AnswerDeadline(this.#host, deadlineMs, (error) => {
      this.#host.sendControl(disconnectMessage(this.id, ''))
      this.#close({ kind: 'refused', error })
    })
  }

  /** For the forwarder: leaves the table silently and returns the undelivered messages. */
  handOver(): Uint8Array[] {
    const { finWaits } = this.#receiver
    const peerIsGone = this.#state === 'draining'
    const { grantedBytes } = this.#sender
    const messages = this.#release()
    if (grantedBytes > 0) messages.unshift(windowMessage(this.id, grantedBytes))
    if (finWaits) messages.push(finMessage(this.id))
    if (peerIsGone) messages.push(disconnectMessage(this.id, this.#closeReason.error))
    return messages
  }

  get relieved(): boolean {
    return this.#receiver.relieved
  }

  onMessage(type: number, message: Uint8Array): void {
    switch (type) {
      case MessageType.Data:
        this.#endAnswerHold()
        if (!this.#receiver.receive(message)) this.droppedDatagrams++
        return
      case MessageType.Window:
        return receiveGrant(message, this.#sender)
      case MessageType.Fin:
        return this.#receiver.receiveFin()
      case MessageType.Disconnect:
        return this.#receiveDisconnect(message)
      case MessageType.ConnectResponse:
        return this.#receiveAnswer(message)
      case MessageType.Connect:
        return receiveSecondConnect(message)
    }
  }

  onSessionClosed(reason: string): void {
    this.#close({ kind: 'session', error: reason })
  }

  onDrain(): void {
    try {
      this.#handler?.onDrain?.()
    } catch (error) {
      this.#failed(error)
    }
  }

  onFinished(): void {
    if (this.#state === 'draining') this.#awaitLast()
    else if (this.#disconnectNext !== undefined) this.abort(this.#disconnectNext)
    else this.onFinDelivered()
  }

  onFinDelivered(): void {
    if (this.#state === 'draining') return
    if (this.#sender.state === 'ended' && this.#receiver.finDelivered) this.#close(plainEnd)
  }

  onAllDelivered(): void {
    this.#close(this.#closeReason)
  }

  #sendCredit(creditBytes: number): void {
    if (creditBytes > 0) this.#host.sendControl(windowMessage(this.id, creditBytes))
  }

  /** On the accepting side: Connect is not answered yet. */
  get #unanswered(): boolean {
    return !this.initiator && !this.#answered && this.#state === 'opening'
  }

  /** Our Disconnect has left; the peer's last bytes may still be on their way. */
  #awaitLast(): void {
    if (this.#closeReason.kind === 'local') return this.#receiver.close()
    const receivedBytes = (): number => this.#receiver.receivedBytes
    const quietMs = lastCallMs(this.#host.roundTripMs())
    this.#lastCall = new Linger(this.#host, receivedBytes, () => this.#receiver.close(), quietMs)
  }

  /** Queues Disconnect as the last message. */
  #finish(reason: ChannelCloseReason): void {
    this.#closeReason = reason
    this.#state = 'draining'
    this.#sender.finish(disconnectMessage(this.id, reason.error))
  }

  #endAnswerHold(): void {
    this.#answerHold?.end()
    this.#answerHold = undefined
  }

  #receiveDisconnect(message: Uint8Array): void {
    const isRefusal = this.initiator && !this.#answered && this.#receiver.receivedBytes === 0
    const reason = reasonOfDisconnect(errorOfDisconnect(message), isRefusal)
    if (this.#closeReason.kind !== 'local') this.#closeReason = reason
    this.#state = 'draining'
    const { wantsDrain } = this.#sender
    this.#sender.cut()
    this.#answerDeadline?.stop()
    this.#lastCall?.stop()
    this.#receiver.close()
    // A consumer that waits for room may have to go on before it can take the rest.
    if (wantsDrain && this.state === 'draining') this.onDrain()
  }

  #receiveAnswer(message: Uint8Array): void {
    if (!this.initiator || this.#answered) return
    const answer = decode(message)
    if (answer.type !== MessageType.ConnectResponse) return
    this.#answered = true
    this.#answerDeadline?.stop()
    if (!answer.success) return this.#close({ kind: 'refused', error: answer.error || 'failed: no reason given' })
    if (this.#state === 'opening') this.#state = 'open'
    if (this.#closeReason.kind !== 'local') this.#handler?.onOpen?.()
    this.#sender.release()
  }

  /** A handler threw, or data cannot be delivered. */
  #failed(error: unknown): void {
    const text = textOf(error)
    this.#host.options.logger.warn({ err: error }, `channel aborted: ${text}`)
    this.abort(`failed: ${text}`)
  }

  #close(reason: ChannelCloseReason): void {
    if (this.#state === 'closed') return
    this.#release()
    this.#host.ended(this, reason)
    try {
      this.#handler?.onClose?.(reason)
    } catch (error) {
      this.#host.options.logger.error({ err: error }, 'a channel handler threw in onClose')
    }
  }

  /** Frees everything and returns the undelivered messages. */
  #release(): Uint8Array[] {
    this.#state = 'closed'
    this.#answerDeadline?.stop()
    this.#answerHold?.stop()
    this.#lastCall?.stop()
    this.#sender.cut()
    const messages = this.#receiver.release()
    this.#host.forget(this)
    return messages
  }
}
