import { type ChannelKey, dataCreditBytes, MessageType } from '@ls/codec'
import { decodeConnectResponse } from '@ls/codec/messages'
import { type ProgressWatch, textOf } from '@ls/foundation'
import { AnswerHold } from '../channel/answer-hold.js'
import { disconnectMessage, finMessage, rejectMessage, windowMessage } from '../channel/channel-messages.js'
import type { Channel } from '../channel/channel.js'
import { inOurVersion } from '../channel/held-message.js'
import { watchEnd } from '../channel/linger.js'
import {
  checkData,
  errorOfDisconnect,
  grantOf,
  maxDatagramMessageBytes,
  receiveGrant,
  receiveSecondConnect,
  spendCredit,
} from '../channel/peer-rules.js'
import type { FlowOwner } from '../flow/flow.js'
import { ReceiveWindow } from '../flow/receive-window.js'
import type { SessionEnd } from '../session/session-end.js'
import type { TableEntry } from '../session/table-entry.js'
import type { ForwardedHalfInit } from './forwarded-half-init.js'
import { HalfQueue } from './half-queue.js'
import { Pacing } from './pacing.js'

/** One half of a forwarded channel: messages from its link leave through the {@link other} half. */
export class ForwardedHalf implements TableEntry, FlowOwner {
  readonly key: ChannelKey
  readonly id: Uint8Array
  readonly host: SessionEnd
  idleChecks = 0
  /** Payload bytes received over this link. */
  receivedBytes = 0
  /** Datagrams received over this link. */
  receivedDatagrams = 0
  /** Error of the answer that was passed on to this half, if it was a refusal. */
  refusal: string | undefined
  /** Messages to this link's peer. */
  readonly queue: HalfQueue
  /** The half on the other link. */
  other!: ForwardedHalf

  readonly #request: Channel
  readonly #role: 'opener' | 'target'
  readonly #direct: boolean
  readonly #onClose: () => void
  readonly #window: ReceiveWindow | undefined
  /** Rate of the messages that leave on this link. */
  readonly #pacing: Pacing | undefined
  #answered = false
  /** Whether this link's peer has ended its direction. */
  #finReceived = false
  /**
   * State towards this link's peer: `fin` and `disconnect` while that is queued as the last message, `ended` after Fin,
   * `closed` once the channel is over on this link.
   */
  #sending: 'open' | 'fin' | 'disconnect' | 'ended' | 'closed' = 'open'
  /** Error text of the Disconnect that follows the queued Fin. */
  #disconnectNext: string | undefined
  #answerHold: AnswerHold | undefined
  /** Runs while this link's peer has ended its direction and the other link's base peer cannot be notified. */
  #heldFin: ProgressWatch | undefined

  constructor({ host, request, role, direct, pace, onClose }: ForwardedHalfInit) {
    const { options } = host
    this.host = host
    this.key = request.key
    this.id = request.id
    this.#request = request
    this.#role = role
    this.#direct = direct
    this.#onClose = onClose
    const onError = ({ message }: Error): void => this.abort(`failed: ${message}`)
    this.queue = new HalfQueue({ host, request, direct, owner: this, onError })
    if (options.window && !direct) this.#window = new ReceiveWindow(options)
    if (pace !== undefined) this.#pacing = Pacing.of(pace, role, { flow: this.queue.flow, host })
  }

  /** Sets the half on the other link, right after construction. */
  join(other: ForwardedHalf): void {
    this.other = other
    this.queue.filler = other.host
  }

  get relieved(): boolean {
    const { bytes } = this.other.queue
    return bytes === 0 || (!this.host.options.budget.exceeded && bytes * 2 <= this.queue.limitBytes)
  }

  /** Grants this link's peer the rest of its first window: it has the channel now. */
  openWindow(): void {
    this.#sendCredit(this.#window?.open() ?? 0)
  }

  /** Handles a message that arrived before the channel was forwarded. */
  replay(message: Uint8Array): void {
    try {
      this.onMessage(message[1] ?? 0, message)
    } catch (error) {
      this.abort(`failed: ${textOf(error)}`)
    }
  }

  onMessage(type: number, message: Uint8Array): void {
    if (this.#isClosed()) return
    switch (type) {
      case MessageType.Data:
        return this.#passData(message)
      case MessageType.ConnectResponse:
        return this.#passAnswer(message)
      case MessageType.Window:
        return this.#passWindow(message)
      case MessageType.Fin:
        return this.#passFin()
      case MessageType.Disconnect:
        return this.#passDisconnect(message)
      case MessageType.Connect:
        return receiveSecondConnect(message)
    }
  }

  onSessionClosed(reason: string): void {
    this.#close()
    const word = this.#role === 'target' && !this.other.#answered ? 'no-provider' : 'failed'
    this.other.finish(`${word}: the link to the other end is closed: ${reason}`)
  }

  /** Ends both halves immediately. */
  abort(error: string): void {
    this.#cut(error)
    this.other.#cut(error)
  }

  onDrain(): void {
    this.queue.onDrain()
  }

  onSent(spentBytes: number): void {
    this.#pacing?.sent(spentBytes)
    this.queue.account()
    this.other.#grant(spentBytes)
  }

  onFinished(): void {
    if (this.#isClosed()) return
    if (this.#sending === 'disconnect') return this.#close()
    this.#sending = 'ended'
    if (this.#disconnectNext !== undefined) return this.#cut(this.#disconnectNext)
    if (!this.#finReceived || this.other.#sending !== 'ended') return
    this.#close()
    this.other.#close()
  }

  /** Sends the queue, then the end of the channel. */
  finish(error: string): void {
    if (this.#isClosed()) return
    if (this.#unanswered || this.#sending === 'ended') return this.#cut(error)
    if (this.#sending === 'fin') this.#disconnectNext = error
    else this.#pushLast('disconnect', disconnectMessage(this.#request.id, error))
    // The last message may have left already, which closes this half.
    if (!this.#isClosed()) this.queue.linger((text) => this.#cut(text))
  }

  /** Whether this is the opener's link and Connect is not answered yet. */
  get #unanswered(): boolean {
    return this.#role === 'opener' && !this.#answered
  }

  #isClosed(): boolean {
    return this.#sending === 'closed'
  }

  #passData(message: Uint8Array): void {
    checkData(message, this.#request.protocol, this.#finReceived)
    const bytes = dataCreditBytes(message)
    if (this.#request.protocol === 'udp') return this.#passDatagram(message)
    if (bytes === 0) return
    this.#answerHold?.end()
    this.#answerHold = undefined
    this.receivedBytes += bytes
    if (this.#window !== undefined) spendCredit(this.#window, bytes)
    // The bytes are dropped, but their sender may have a Disconnect waiting behind them.
    if (this.other.#sending !== 'open') return this.#grant(bytes)
    this.other.queue.push(message, bytes)
    const overfull = this.other.queue.bytes > this.queue.limitBytes || this.host.options.budget.exceeded
    if (overfull && !this.relieved) this.host.holdReading(this)
  }

  #passDatagram(message: Uint8Array): void {
    const { datagramQueue, budget } = this.host.options
    const tooMany = this.other.queue.flow.queuedMessages >= datagramQueue || budget.exceeded
    const tooLarge = message.length > maxDatagramMessageBytes
    if (tooMany || tooLarge || this.other.#pacing?.takes(message.length) === false) {
      this.#request.droppedDatagrams++
      return
    }
    this.receivedBytes += message.length
    this.receivedDatagrams++
    this.other.queue.push(message, 0)
  }

  /** Lets this link's peer send `bytes` more, after as many have left on the other link. */
  #grant(bytes: number): void {
    if (this.#isClosed() || this.#finReceived || bytes === 0) return
    this.#sendCredit(this.#window?.consume(bytes, this.host.creditTripMs()) ?? 0)
  }

  #sendCredit(creditBytes: number): void {
    if (creditBytes > 0) this.host.sendControl(windowMessage(this.#request.id, creditBytes))
  }

  #passAnswer(message: Uint8Array): void {
    const opener = this.other
    if (this.#role === 'opener' || opener.#answered) return
    const answer = decodeConnectResponse(message)
    opener.#answered = true
    if (!opener.#isClosed()) opener.host.sendControl(inOurVersion(message))
    if (answer.success) {
      opener.#holdData()
      return this.#equalize()
    }
    opener.refusal = answer.error
    this.#close()
    opener.#close()
  }

  #holdData(): void {
    if (this.#isClosed() || this.host.options.window || this.#request.protocol === 'udp') return
    this.#answerHold = new AnswerHold(this.host, this.queue)
  }

  /**
   * Grants the difference where the real receiver allows more than the first credit of our Hello, which each end
   * assumed.
   */
  #equalize(): void {
    if (!this.#direct || this.#request.protocol === 'udp') return
    for (const half of [this, this.other]) {
      const creditBytes = half.other.host.options.peerWindowBytes - half.host.options.windowBytes
      if (creditBytes > 0 && !half.#isClosed()) half.host.sendControl(windowMessage(this.#request.id, creditBytes))
    }
  }

  #passWindow(message: Uint8Array): void {
    if (!this.#direct) return receiveGrant(message, this.queue)
    if (!this.other.#isClosed()) this.other.host.sendControl(windowMessage(this.#request.id, grantOf(message)))
  }

  #passFin(): void {
    if (this.#finReceived) return
    this.#finReceived = true
    if (this.other.#isClosed()) return
    if (this.other.host.options.fin) return this.other.#pushLast('fin', finMessage(this.#request.id))
    // A base peer has only Disconnect. A target's end is passed on as one, since its opener waits for it.
    if (this.#role === 'target') return this.#endBoth()
    // An opener's end is held, since the answer would be lost; but only for a limited time, or the target would never
    // receive it.
    const answered = (): number => this.other.receivedBytes
    this.#heldFin = watchEnd(this.host, answered, () => this.#endBoth())
  }

  #endBoth(): void {
    this.other.finish('')
    this.finish('')
  }

  #passDisconnect(message: Uint8Array): void {
    const error = errorOfDisconnect(message)
    this.#close()
    this.other.finish(error)
  }

  /** Queues the last message of this half. */
  #pushLast(kind: 'fin' | 'disconnect', message: Uint8Array): void {
    if (this.#sending !== 'open') return
    this.#sending = kind
    this.queue.finish(message)
  }

  /** Ends this half immediately. */
  #cut(error: string): void {
    if (this.#isClosed()) return
    const { id } = this.#request
    this.host.sendControl(this.#unanswered ? rejectMessage(id, error) : disconnectMessage(id, error))
    this.#close()
  }

  #close(): void {
    if (this.#isClosed()) return
    this.#sending = 'closed'
    this.queue.close()
    this.#pacing?.stop()
    this.#answerHold?.stop()
    this.#heldFin?.stop()
    this.#window?.close()
    this.host.forget(this)
    this.#onClose()
  }
}
