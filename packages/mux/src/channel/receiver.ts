import { isCompressed, type Protocol, readTcpDataPayload, tcpDataHeaderBytes } from '@ls/codec'
import { decodeData } from '@ls/codec/messages'
import { Fifo } from '../flow/fifo.js'
import { ReceiveWindow } from '../flow/receive-window.js'
import { Charge } from '../memory/charge.js'
import type { InflatingData } from '../session/compressed-data.js'
import type { ChannelHost, TableEntry } from '../session/table-entry.js'
import type { ChannelHandler } from './channel-handler.js'
import { detached, messageOverheadBytes } from './held-message.js'
import { checkData, compressionOf, maxDatagramMessageBytes, spendCredit } from './peer-rules.js'

/** The channel a receiver belongs to. */
export interface ReceiverOwner extends TableEntry {
  readonly protocol: Protocol
  readonly handler: ChannelHandler | undefined
  /** The peer's Fin was delivered, and everything before it. */
  onFinDelivered(): void
  /** Everything that arrived before {@link Receiver.close} was delivered. */
  onAllDelivered(): void
}

/**
 * The receiving half of a channel: checks messages against the limits, queues them while the consumer is paused, and
 * delivers Data, then Fin, then the close.
 */
export class Receiver {
  /** Payload bytes that arrived, uncompressed. */
  receivedBytes = 0
  /** Datagrams delivered. */
  receivedDatagrams = 0

  readonly #host: ChannelHost
  readonly #owner: ReceiverOwner
  /** `discarding`: arriving messages are dropped. `closing`: no more messages arrive, the rest is being delivered. */
  #state: 'open' | 'discarding' | 'closing' | 'closed' = 'open'
  /** The end of the peer's direction: `waits` behind earlier messages, `dropped` with them. */
  #fin: 'none' | 'waits' | 'delivered' | 'dropped' = 'none'
  #paused = true
  #delivering = false
  #window: ReceiveWindow | undefined
  #queue: Fifo<Uint8Array> | undefined
  #queuedBytes = 0
  /** Bytes delivered but not reported as consumed: they wait in a full socket or are being inflated. */
  #deliveredBytes = 0
  /**
   * Gzip data among the delivered bytes that the consumer is inflating, and the payload that is still to come from it.
   */
  #inflating: InflatingData | undefined
  /** Charge for queued and delivered bytes; exact only while something waits. */
  readonly #charge: Charge

  constructor(host: ChannelHost, owner: ReceiverOwner) {
    this.#host = host
    this.#owner = owner
    this.#charge = new Charge(host.options.budget)
  }

  /** Bytes of messages that wait for the consumer. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get finDelivered(): boolean {
    return this.#fin === 'delivered'
  }

  /** Whether a Fin has arrived but is not delivered. */
  get finWaits(): boolean {
    return this.#fin === 'waits'
  }

  /**
   * Whether the queue is at half of the limits or less: with a gap, reading does not stop and start with every message.
   */
  get relieved(): boolean {
    const { window, queueBytes, queueMessages, budget } = this.#host.options
    if (this.#charge.bytes > 0 && budget.exceeded) return false
    if (this.#queue === undefined) return true
    return window || (this.#queuedBytes * 2 <= queueBytes && this.#queue.length * 2 <= queueMessages)
  }

  pause(): void {
    this.#paused = true
    if (!this.#mayCome || this.#deliveredBytes === 0) return
    this.#account()
    if (this.#host.options.budget.exceeded) this.#host.holdReading(this.#owner)
  }

  /** Delivers the queue. Errors of the handler are passed on. */
  resume(): void {
    this.#paused = false
    if (this.#delivering) return
    this.#delivering = true
    try {
      for (let message = this.#shift(); message !== undefined; message = this.#shift()) this.#deliver(message)
    } finally {
      this.#delivering = false
    }
    this.#settle()
  }

  /** Takes a Data message; returns false if a datagram was dropped. Throws if the peer broke a rule. */
  receive(message: Uint8Array): boolean {
    if (this.#state !== 'open') return true
    checkData(message, this.#owner.protocol, this.#fin !== 'none')
    if (this.#owner.protocol === 'tcp') this.#receiveData(message)
    else return this.#receiveDatagram(message)
    return true
  }

  receiveFin(): void {
    if (this.#fin === 'none') this.#fin = this.#state === 'discarding' ? 'dropped' : 'waits'
    this.#settle()
  }

  /** Ignores later messages. `onAllDelivered` follows once the queue is delivered, immediately if it is empty. */
  close(): void {
    if (!this.#mayCome) return
    this.#state = 'closing'
    this.#settle()
  }

  /** Drops the queue and all later messages: the consumer needs no more. */
  discard(): void {
    if (this.#state === 'open') this.#state = 'discarding'
    if (this.#fin === 'waits') this.#fin = 'dropped'
    this.#clear()
  }

  /** Opens the channel for Data: returns the credit to grant beyond what the peer assumes. */
  openWindow(): number {
    const { window, windowBytes, startWindowBytes } = this.#host.options
    const opens = window && startWindowBytes > windowBytes && this.#owner.protocol === 'tcp' && this.#mayCome
    return opens ? this.#lazyWindow().open() : 0
  }

  /** Counts `bytes` as processed; returns the credit to grant. @throws RangeError for more than was received. */
  consumed(bytes: number): number {
    this.#countConsumed(bytes)
    if (!this.#host.options.window || this.#owner.protocol === 'udp') return 0
    if (!this.#mayCome || this.#fin !== 'none') return 0
    const window = this.#lazyWindow()
    if (!(Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= window.heldBytes)) {
      throw new RangeError(`${bytes} bytes cannot have been consumed: ${window.heldBytes} are outstanding`)
    }
    return window.consume(bytes, this.#host.creditTripMs())
  }

  /** Frees everything and returns the messages that were not delivered. */
  release(): Uint8Array[] {
    this.#state = 'closed'
    const messages: Uint8Array[] = []
    for (let message = this.#queue?.shift(); message !== undefined; message = this.#queue?.shift()) {
      messages.push(message)
      this.#queuedBytes -= message.length
    }
    this.#deliveredBytes = 0
    this.#clear()
    this.#window?.close()
    this.#window = undefined
    return messages
  }

  #receiveData(message: Uint8Array): void {
    const payload = readTcpDataPayload(message)
    const bytes = isCompressed(message) ? compressionOf(this.#host.options).sizeOf(message) : payload.length
    if (bytes === 0) return
    if (this.#host.options.window) spendCredit(this.#lazyWindow(), bytes)
    this.receivedBytes += bytes
    if (!this.#mustWait) return this.#deliverData(message, payload)
    // No limit counts trailing bytes after the payload, so they must not wait.
    this.#enqueue(message.subarray(0, tcpDataHeaderBytes + payload.length))
    if (this.#overfull) this.#host.holdReading(this.#owner)
  }

  #receiveDatagram(message: Uint8Array): boolean {
    if (message.length > maxDatagramMessageBytes) return false
    if (!this.#mustWait) {
      this.#deliver(message)
      return true
    }
    const { datagramQueue, budget, queueBytes } = this.#host.options
    if ((this.#queue?.length ?? 0) >= datagramQueue || this.#queuedBytes > queueBytes || budget.exceeded) return false
    this.#enqueue(message)
    return true
  }

  /** Whether the peer may send more. */
  get #mayCome(): boolean {
    return this.#state === 'open' || this.#state === 'discarding'
  }

  get #mustWait(): boolean {
    return this.#paused || this.#queue !== undefined
  }

  #enqueue(message: Uint8Array): void {
    const kept = detached(message)
    this.#queue ??= new Fifo()
    this.#queue.push(kept)
    this.#queuedBytes += kept.length
    this.#account()
  }

  get #overfull(): boolean {
    const { window, queueBytes, queueMessages, budget } = this.#host.options
    if (budget.exceeded) return true
    return !window && (this.#queuedBytes > queueBytes || (this.#queue?.length ?? 0) > queueMessages)
  }

  #shift(): Uint8Array | undefined {
    if (this.#paused) return undefined
    const message = this.#queue?.shift()
    if (message === undefined) return undefined
    if (this.#queue?.length === 0) this.#queue = undefined
    this.#queuedBytes -= message.length
    this.#account()
    this.#host.recheckReading()
    return message
  }

  #clear(): void {
    this.#queue = undefined
    this.#queuedBytes = 0
    this.#account()
    this.#host.recheckReading()
  }

  /** Updates the charge to the bytes held. */
  #account(): void {
    const overheadBytes = (this.#queue?.length ?? 0) * messageOverheadBytes
    this.#charge.update(this.#queuedBytes + overheadBytes + this.#deliveredBytes)
  }

  #countConsumed(bytes: number): void {
    const inflating = this.#inflating
    if (inflating === undefined) this.#deliveredBytes = Math.max(0, this.#deliveredBytes - bytes)
    else if (bytes < inflating.payloadBytes) inflating.payloadBytes -= bytes
    else {
      this.#inflating = undefined
      this.#deliveredBytes = Math.max(0, this.#deliveredBytes - inflating.bytes)
    }
    if (this.#charge.bytes === 0) return
    this.#account()
    this.#host.recheckReading()
  }

  /** Delivers Fin and the close once the queue is empty. */
  #settle(): void {
    if (this.#queue !== undefined || this.#state === 'closed') return
    if (this.finWaits && !this.#paused) {
      this.#fin = 'delivered'
      this.#owner.handler?.onEnd?.()
      this.#owner.onFinDelivered()
    }
    // A pause does not delay the close: a caller that is still dialling must be notified.
    if (this.#state === 'closing') this.#owner.onAllDelivered()
  }

  #deliver(message: Uint8Array): void {
    if (this.#owner.protocol === 'udp') this.#deliverDatagram(message)
    else this.#deliverData(message, readTcpDataPayload(message))
  }

  #deliverData(message: Uint8Array, payload: Uint8Array): void {
    const { handler } = this.#owner
    if (!isCompressed(message)) {
      this.#deliveredBytes += payload.length
      return handler?.onData?.(payload)
    }
    compressionOf(this.#host.options).deliver(message, handler, (bytes, inflating) => {
      this.#deliveredBytes += bytes
      this.#inflating = inflating ?? this.#inflating
    })
  }

  #deliverDatagram(message: Uint8Array): void {
    const data = decodeData(message)
    // pywssocks compresses every datagram towards the network.
    const isPlain = data.compression === 'none'
    const payload = isPlain
      ? data.payload
      : compressionOf(this.#host.options).inflate(data.payload, maxDatagramMessageBytes)
    this.receivedBytes += payload.length
    this.receivedDatagrams++
    this.#owner.handler?.onDatagram?.(payload, data.target ?? data.source)
  }

  #lazyWindow(): ReceiveWindow {
    this.#window ??= new ReceiveWindow(this.#host.options)
    return this.#window
  }
}
