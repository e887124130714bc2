import type { Address } from '@ls/codec'
import type { ChannelCloseReason } from './channel-close.js'
import type { ChannelHandler } from './channel-handler.js'

/** The channel whose data is consumed. */
interface Consumed {
  consumed(bytes: number): void
}

/**
 * Wraps `handler` so that its data counts as consumed once it has returned. A separate handler, so that channels
 * without `autoConsume` do no extra work for a message.
 */
export function consumingHandler(channel: Consumed, handler: ChannelHandler): ChannelHandler {
  return handler.onCompressedData === undefined
    ? new ConsumingHandler(channel, handler)
    : new InflatingHandler(channel, handler)
}

class ConsumingHandler implements ChannelHandler {
  readonly channel: Consumed
  readonly handler: ChannelHandler

  constructor(channel: Consumed, handler: ChannelHandler) {
    this.channel = channel
    this.handler = handler
  }

  onOpen(): void {
    this.handler.onOpen?.()
  }

  onData(payload: Uint8Array): void {
    // A handler may transfer the memory, which leaves a length of 0.
    const { length } = payload
    this.handler.onData?.(payload)
    this.channel.consumed(length)
  }

  onDatagram(payload: Uint8Array, address: Address | undefined): void {
    this.handler.onDatagram?.(payload, address)
  }

  onEnd(): void {
    this.handler.onEnd?.()
  }

  onDrain(): void {
    this.handler.onDrain?.()
  }

  onClose(reason: ChannelCloseReason): void {
    this.handler.onClose?.(reason)
  }
}

/** For handlers that accept gzip as it arrives; for others the session inflates. */
class InflatingHandler extends ConsumingHandler {
  onCompressedData(gzip: Uint8Array, inflatedBytes: number): void {
    this.handler.onCompressedData?.(gzip, inflatedBytes)
    this.channel.consumed(inflatedBytes)
  }
}
