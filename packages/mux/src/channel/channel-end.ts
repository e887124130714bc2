import { type Address, MessageType } from '@ls/codec'
import { decodeConnectResponse } from '@ls/codec/messages'
import { type ProgressWatch, textOf } from '@ls/foundation'
import { chargeUntilCalled } from '../memory/charge.js'
import { AnswerDeadline } from './answer-deadline.js'
import { AnswerHold } from './answer-hold.js'
import { type ChannelCloseReason, plainEnd, reasonOfDisconnect } from './channel-close.js'
import { type ChannelInit, ChannelFacts } from './channel-facts.js'
import type { ChannelHandler } from './channel-handler.js'
import { acceptMessage, disconnectMessage, finMessage, rejectMessage, windowMessage } from './channel-messages.js'
import type { Channel, ChannelState, SendOptions } from './channel.js'
import { lastCallMs, watchEnd } from './linger.js'
import { errorOfDisconnect, receiveGrant, receiveSecondConnect } from './peer-rules.js'
import { Receiver, type ReceiverOwner } from './receiver.js'
import { Sender, type SenderOwner } from './sender.js'

/** The end of a channel in this process: the implementation of {@link Channel}. */
export class ChannelEnd extends ChannelFacts implements Channel, SenderOwner, ReceiverOwner {
  protected readonly sender: Sender
  protected readonly receiver: Receiver
  #handler: ChannelHandler | undefined
  #state: ChannelState = 'opening'
  #answered = false
  /** Error text of the Disconnect that follows the queued Fin. */
  #disconnectNext: string | undefined
  #closeReason = plainEnd
  #answerHold: AnswerHold | undefined
  #answerDeadline: AnswerDeadline | undefined
  /** Runs after our Disconnect has left for a base peer, while the peer's last bytes still arrive. */
  #lastCall: ProgressWatch | undefined

  constructor(init: ChannelInit) {
    super(init)
    this.sender = new Sender(init.host, this)
    this.receiver = new Receiver(init.host, this)
  }

  get state(): ChannelState {
    return this.#state
  }

  get answered(): boolean {
    return this.#answered
  }

  get handler(): ChannelHandler | undefined {
    return this.#handler
  }

  setHandler(handler: ChannelHandler): void {
    const consumed = (bytes: number): void => this.#sendCredit(this.receiver.consumed(bytes))
    this.#handler = this.host.options.consuming?.({ consumed }, handler) ?? handler
  }

  accept(handler?: ChannelHandler): void {
    if (handler !== undefined) this.setHandler(handler)
    if (!this.initiator && !this.#answered && this.#state !== 'closed') this.#accept()
    if (handler !== undefined) this.resume()
  }

  #accept(): void {
    this.#answered = true
    if (this.#state !== 'opening') return
    this.#state = 'open'
    if (!this.host.options.window && this.protocol === 'tcp') this.#answerHold = new AnswerHold(this.host, this.sender)
    this.host.sendControl(acceptMessage(this.id))
    this.openWindow()
  }

  reject(error: string): void {
    if (!this.initiator && !this.#answered) this.abort(error)
  }

  send(payload: Uint8Array, options?: SendOptions): boolean | undefined {
    return this.sender.send(payload, options)
  }

  sendDatagram(payload: Uint8Array, addresses: { target?: Address; source?: Address }): boolean {
    const sent = this.sender.sendDatagram(payload, addresses)
    if (!sent && this.sender.state === 'open') this.droppedDatagrams++
    return sent
  }

  end(): void {
    if (this.sender.state !== 'open') return
    if (this.host.options.fin) this.sender.finish(finMessage(this.id))
    else this.#finish(plainEnd)
  }

  disconnect(error = ''): void {
    if (this.#state === 'closed') return
    if (this.sender.state === 'ended' || this.#unanswered) return this.abort(error)
    this.receiver.discard()
    if (this.#state === 'draining') this.#closeReason = { kind: 'local', error }
    else if (this.sender.state === 'ending') this.#disconnectNext = error
    else this.#finish({ kind: 'local', error })
    // The Fin may already have left, which closed the channel.
    if (this.state !== 'closed') this.sender.linger((text) => this.abort(text))
  }

  abort(error: string): void {
    if (this.#state === 'closed') return
    const peerIsGone = this.#state === 'draining' && this.sender.state === 'ended'
    if (this.#unanswered) this.host.sendControl(rejectMessage(this.id, error))
    else if (!peerIsGone) this.host.sendControl(disconnectMessage(this.id, error))
    this.#close({ kind: 'local', error })
  }

  pause(): void {
    this.receiver.pause()
  }

  resume(): void {
    try {
      this.receiver.resume()
    } catch (error) {
      this.#failed(error)
    }
  }

  consumed(bytes: number): void {
    if (this.host.options.consuming === undefined) this.#sendCredit(this.receiver.consumed(bytes))
  }

  countLingering(bytes: number): () => void {
    return chargeUntilCalled(this.host.options.lingerBudget, bytes)
  }

  /** For the session: the peer has the channel now and gets the rest of its first window. */
  openWindow(): void {
    this.#sendCredit(this.receiver.openWindow())
  }

  /** For the session: holds Data back until the peer answers Connect. */
  holdUntilOpen(): void {
    this.sender.hold()
  }

  /** For the session: closes the channel if the peer does not answer Connect in time, see {@link AnswerDeadline}. */
  expectAnswer(timeoutMs: number): void {
    this.#answerDeadline = new AnswerDeadline(this.host, timeoutMs, (error) => {
      this.host.sendControl(disconnectMessage(this.id, ''))
      this.#close({ kind: 'refused', error })
    })
  }

  /** For the forwarder: removes the channel from the table without a message and returns the undelivered messages. */
  handOver(): Uint8Array[] {
    const { finWaits } = this.receiver
    const peerIsGone = this.#state === 'draining'
    const { grantedBytes } = this.sender
    const messages = this.#release()
    if (grantedBytes > 0) messages.unshift(windowMessage(this.id, grantedBytes))
    if (finWaits) messages.push(finMessage(this.id))
    if (peerIsGone) messages.push(disconnectMessage(this.id, this.#closeReason.error))
    return messages
  }

  onMessage(type: number, message: Uint8Array): void {
    switch (type) {
      case MessageType.Data:
        this.#endAnswerHold()
        if (!this.receiver.receive(message)) this.droppedDatagrams++
        return
      case MessageType.Window:
        return receiveGrant(message, this.sender)
      case MessageType.Fin:
        return this.receiver.receiveFin()
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
    if (this.sender.state === 'ended' && this.receiver.finDelivered) this.#close(plainEnd)
  }

  onAllDelivered(): void {
    this.#close(this.#closeReason)
  }

  #sendCredit(creditBytes: number): void {
    if (creditBytes > 0) this.host.sendControl(windowMessage(this.id, creditBytes))
  }

  /** Whether this is the accepting side and Connect is not answered yet. */
  get #unanswered(): boolean {
    return !this.initiator && !this.#answered && this.#state === 'opening'
  }

  /** Called when our Disconnect has left; the peer's last bytes may still be in transit. */
  #awaitLast(): void {
    if (this.#closeReason.kind === 'local') return this.receiver.close()
    const receivedBytes = (): number => this.receiver.receivedBytes
    const quietMs = lastCallMs(this.host.roundTripMs())
    this.#lastCall = watchEnd(this.host, receivedBytes, () => this.receiver.close(), quietMs)
  }

  /** Queues Disconnect as the last message. */
  #finish(reason: ChannelCloseReason): void {
    this.#closeReason = reason
    this.#state = 'draining'
    this.sender.finish(disconnectMessage(this.id, reason.error))
  }

  #endAnswerHold(): void {
    this.#answerHold?.end()
    this.#answerHold = undefined
  }

  #receiveDisconnect(message: Uint8Array): void {
    const isRefusal = this.initiator && !this.#answered && this.receiver.receivedBytes === 0
    const reason = reasonOfDisconnect(errorOfDisconnect(message), isRefusal)
    if (this.#closeReason.kind !== 'local') this.#closeReason = reason
    this.#state = 'draining'
    const { wantsDrain } = this.sender
    this.sender.cut()
    this.#answerDeadline?.stop()
    this.#lastCall?.stop()
    this.receiver.close()
    // A consumer that waits for room must get `onDrain` before it can take the rest.
    if (wantsDrain && this.state === 'draining') this.onDrain()
  }

  #receiveAnswer(message: Uint8Array): void {
    if (!this.initiator || this.#answered) return
    const answer = decodeConnectResponse(message)
    this.#answered = true
    this.#answerDeadline?.stop()
    if (!answer.success) return this.#close({ kind: 'refused', error: answer.error || 'failed: no reason given' })
    if (this.#state === 'opening') this.#state = 'open'
    if (this.#closeReason.kind !== 'local') this.#handler?.onOpen?.()
    this.sender.release()
  }

  /** Called when a handler threw, or data cannot be delivered. */
  #failed(error: unknown): void {
    const text = textOf(error)
    this.host.options.logger.warn({ err: error }, `channel aborted: ${text}`)
    this.abort(`failed: ${text}`)
  }

  #close(reason: ChannelCloseReason): void {
    if (this.#state === 'closed') return
    this.#release()
    this.host.ended(this, reason)
    try {
      this.#handler?.onClose?.(reason)
    } catch (error) {
      this.host.options.logger.error({ err: error }, 'a channel handler threw in onClose')
    }
  }

  /** Frees everything and returns the undelivered messages. */
  #release(): Uint8Array[] {
    this.#state = 'closed'
    this.#answerDeadline?.stop()
    this.#answerHold?.stop()
    this.#lastCall?.stop()
    this.sender.cut()
    const messages = this.receiver.release()
    this.host.forget(this)
    return messages
  }
}
