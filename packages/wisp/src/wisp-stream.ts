import type { Address } from '@ls/codec'
import type { Channel, ChannelCloseReason, ChannelHandler } from '@ls/mux'
import { encodeClose, encodeContinue, encodeData, WispClose } from './packet.js'

/** The WebSocket that a stream is on. */
export interface StreamOwner {
  /** False where the WebSocket is full: the streams are to be paused. */
  send(packet: Uint8Array): boolean
  /** Counts bytes that wait for targets; negative when they have left. */
  held(bytes: number): void
  /** The stream is over. */
  ended(stream: number): void
}

/** Packets of a stream that a client may send before it hears that they have left. */
export const creditPackets = 64

/**
 * Bytes of one stream that may wait for its target: credit of packets alone would let a client send 64 of any size. 64
 * of 128 KiB, twice what clients are known to write at once.
 */
const maxHeldBytes = 8_388_608

/** One stream of a Wisp client, over a channel. */
export class WispStream implements ChannelHandler {
  readonly #id: number
  readonly #owner: StreamOwner
  readonly #target: Address
  #channel: Channel | undefined
  /** Packets since the client was given credit. */
  #packets = 0
  /** Bytes since the channel was full. */
  #heldBytes = 0
  #isFull = false
  #isOver = false

  constructor(id: number, target: Address, owner: StreamOwner) {
    this.#id = id
    this.#target = target
    this.#owner = owner
  }

  /** `channel` has this as its handler. */
  use(channel: Channel, isPaused: boolean): void {
    this.#channel = channel
    if (!isPaused) channel.resume()
  }

  /** The client sends bytes. */
  data(payload: Uint8Array): void {
    const channel = this.#channel
    if (channel === undefined || this.#isOver) return
    this.#packets++
    if (channel.protocol === 'udp') {
      channel.sendDatagram(payload, { target: this.#target })
      return this.#giveCredit()
    }
    const hasRoom = channel.send(payload)
    if (hasRoom === false) this.#isFull = true
    if (!this.#isFull) return this.#giveCredit()
    this.#hold(payload.length)
    if (this.#heldBytes > maxHeldBytes) this.#fail(WispClose.Throttled)
  }

  /** The client ends the stream; what it has sent before still arrives. */
  close(reason: number): void {
    if (this.#isOver) return
    this.#finish()
    if (reason === WispClose.Voluntary) this.#channel?.disconnect()
    else this.#channel?.abort('failed: the client closed the stream')
  }

  /** The WebSocket is full. */
  pause(): void {
    this.#channel?.pause()
  }

  /** It takes more. */
  resume(): void {
    this.#channel?.resume()
  }

  onData(payload: Uint8Array): void {
    this.#channel?.consumed(payload.length)
    if (!this.#isOver) this.#owner.send(encodeData(this.#id, payload))
  }

  onDatagram(payload: Uint8Array): void {
    if (!this.#isOver) this.#owner.send(encodeData(this.#id, payload))
  }

  /** Wisp knows no half-close: the end of the target ends the stream, and what waits for it still leaves. */
  onEnd(): void {
    if (this.#isOver) return
    this.#finish()
    this.#owner.send(encodeClose(this.#id, WispClose.Voluntary))
    this.#channel?.disconnect()
  }

  onDrain(): void {
    this.#isFull = false
    this.#hold(-this.#heldBytes)
    if (!this.#isOver) this.#giveCredit()
  }

  onClose(reason: ChannelCloseReason): void {
    this.#hold(-this.#heldBytes)
    if (this.#isOver) return
    this.#finish()
    this.#owner.send(encodeClose(this.#id, closeOf(reason)))
  }

  #hold(bytes: number): void {
    this.#heldBytes += bytes
    if (bytes !== 0) this.#owner.held(bytes)
  }

  /** Half of it is early enough, and half as many packets. */
  #giveCredit(): void {
    if (this.#packets < creditPackets / 2) return
    this.#packets = 0
    this.#owner.send(encodeContinue(this.#id, creditPackets))
  }

  #fail(reason: number): void {
    this.#finish()
    this.#owner.send(encodeClose(this.#id, reason))
    this.#channel?.abort('failed: the client sends more than its credit')
  }

  #finish(): void {
    this.#isOver = true
    this.#owner.ended(this.#id)
  }
}

/** By the word that the reason begins with (protocol.md §4). */
const closeByWord: Readonly<Record<string, number>> = {
  refused: WispClose.Refused,
  timeout: WispClose.Timeout,
  dns: WispClose.Unreachable,
  'host-unreachable': WispClose.Unreachable,
  'network-unreachable': WispClose.Unreachable,
  'no-provider': WispClose.Unreachable,
  forbidden: WispClose.Blocked,
  busy: WispClose.Throttled,
}

function closeOf({ kind, error }: ChannelCloseReason): number {
  if (kind === 'ended') return WispClose.Voluntary
  return closeByWord[error.split(':', 1)[0] ?? ''] ?? WispClose.NetworkError
}
