import type { Address } from '@ls/codec'
import type { Channel, ChannelCloseReason, ChannelHandler } from '@ls/mux'
import { encodeClose, encodeContinue, encodeData, WispClose } from './packet.js'

/** WebSocket of a stream. */
export interface StreamOwner {
  /** Sends a packet; false if the WebSocket is full and the streams must pause. */
  send(packet: Uint8Array): boolean
  /** Counts bytes that wait for targets; negative when they have left. */
  held(bytes: number): void
  /** Called when the stream has ended. */
  ended(stream: number): void
}

/** Packets of a stream that a client may send without new credit. */
export const creditPackets = 64

/**
 * Most bytes of one stream that wait for its target: credit of packets alone would let a client send 64 of any size. 64
 * of 128 KiB, twice as much as known clients write in one packet.
 */
const maxHeldBytes = 8_388_608

/** One stream of a Wisp client, over a channel. */
export class WispStream implements ChannelHandler {
  readonly #id: number
  readonly #owner: StreamOwner
  readonly #target: Address
  #channel: Channel | undefined
  /** Packets since the last credit for the client. */
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

  /** Sets the channel, whose handler is this stream. */
  use(channel: Channel, isPaused: boolean): void {
    this.#channel = channel
    if (!isPaused) channel.resume()
  }

  /** Handles bytes of the client. */
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

  /** Handles the end by the client; bytes that it has sent before still arrive. */
  close(reason: number): void {
    if (this.#isOver) return
    this.#finish()
    if (reason === WispClose.Voluntary) this.#channel?.disconnect()
    else this.#channel?.abort('failed: the client closed the stream')
  }

  /** Pauses the channel: the WebSocket is full. */
  pause(): void {
    this.#channel?.pause()
  }

  /** Resumes the channel: the WebSocket has room. */
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

  /** Handles the end of the target. Wisp has no half-close, so this ends the stream; bytes in the queue still leave. */
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

  /** Gives new credit when half of it is used, which is early enough and saves packets. */
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

/** Close reasons by the word with which the text begins (protocol.md §4). */
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
