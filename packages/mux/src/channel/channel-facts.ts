import { type Address, type ChannelKey, channelKey, type Protocol } from '@ls/codec'
import type { ResolvedSessionOptions } from '../options.js'
import type { ChannelHost } from '../session/table-entry.js'
import type { Receiver } from './receiver.js'
import type { Sender } from './sender.js'

export interface ChannelInit {
  readonly host: ChannelHost
  /** 16 bytes. */
  readonly id: Uint8Array
  readonly protocol: Protocol
  /** The target; absent for UDP. */
  readonly address: Address | undefined
  /** True on the side that sent Connect. */
  readonly initiator: boolean
  readonly traceparent?: string | undefined
}

/** Identity and counters of a channel. */
export abstract class ChannelFacts {
  readonly id: Uint8Array
  readonly key: ChannelKey
  readonly protocol: Protocol
  readonly address: Address | undefined
  readonly initiator: boolean
  readonly traceparent: string | undefined
  readonly openedAtMs: number
  droppedDatagrams = 0
  /** Number of idle checks in a row that found no message; the session counts it for `idleLimitMs`. */
  idleChecks = 0

  protected readonly host: ChannelHost
  protected abstract readonly sender: Sender
  protected abstract readonly receiver: Receiver

  constructor({ host, id, protocol, address, initiator, traceparent }: ChannelInit) {
    this.id = id
    this.key = channelKey(id)
    this.protocol = protocol
    this.address = address
    this.initiator = initiator
    this.traceparent = traceparent
    this.openedAtMs = host.options.clock.now()
    this.host = host
  }

  get admission(): ResolvedSessionOptions['admission'] {
    return this.host.options.admission
  }

  get sentBytes(): number {
    return this.sender.sentBytes
  }

  get receivedBytes(): number {
    return this.receiver.receivedBytes
  }

  get queuedBytes(): number {
    return this.receiver.queuedBytes
  }

  get unsentBytes(): number {
    return this.sender.unsentBytes
  }

  get windowStalls(): number {
    return this.sender.windowStalls
  }

  get sentDatagrams(): number {
    return this.sender.sentDatagrams
  }

  get receivedDatagrams(): number {
    return this.receiver.receivedDatagrams
  }

  get maxCompressedBytes(): number {
    return this.sender.maxWholeBytes
  }

  get readBytes(): number {
    return this.sender.readBytes
  }

  /** Whether the queue is well below its limits again. */
  get relieved(): boolean {
    return this.receiver.relieved
  }
}
