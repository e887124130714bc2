import { createHash } from 'node:crypto'
import type { CloseReasonShape, HandlerShape, TransportShape } from './transport-shape.js'

/**
 * A transport handler that records every call, and whether it came from inside a call of the watched transport.
 *
 * @example
 * ```ts
 * const handler = new RecordingHandler()
 * transport.setHandler(handler)
 * await until(() => handler.closes.length > 0, 'onClose')
 * ```
 */
export class RecordingHandler implements HandlerShape {
  readonly messages: Uint8Array[] = []
  readonly closes: CloseReasonShape[] = []
  /** Names of the handlers that ran inside `send`, `pause`, `resume`, `close` or `destroy`. */
  readonly calledInside: string[] = []
  drains = 0
  /** Runs at the next message only. */
  onNextMessage: (() => void) | undefined
  onEachMessage: (() => void) | undefined
  #inside: string | undefined

  static digestsOf(messages: readonly Uint8Array[]): string[] {
    return messages.map((message) => `${message.length}:${createHash('sha256').update(message).digest('hex')}`)
  }

  get byteCount(): number {
    return this.messages.reduce((sum, message) => sum + message.length, 0)
  }

  /** Length and hash of each message as it is now. */
  digests(): string[] {
    return RecordingHandler.digestsOf(this.messages)
  }

  /** Returns the transport, and records which of its calls is running. */
  watch(transport: TransportShape): TransportShape {
    const during = <T>(name: string, call: () => T): T => {
      const outer = this.#inside
      this.#inside = name
      try {
        return call()
      } finally {
        this.#inside = outer
      }
    }
    return {
      get bufferedBytes() {
        return transport.bufferedBytes
      },
      get roundTripMs() {
        return transport.roundTripMs
      },
      send: (message) => during('send', () => transport.send(message)),
      pause: () => during('pause', () => transport.pause()),
      resume: () => during('resume', () => transport.resume()),
      close: (reason) => during('close', () => transport.close(reason)),
      destroy: () => during('destroy', () => transport.destroy()),
      setHandler: (handler) => transport.setHandler(handler),
    }
  }

  onMessage(message: Uint8Array): void {
    this.#note('onMessage')
    this.messages.push(message)
    const next = this.onNextMessage
    this.onNextMessage = undefined
    next?.()
    this.onEachMessage?.()
  }

  onDrain(): void {
    this.#note('onDrain')
    this.drains++
  }

  onClose(reason: CloseReasonShape): void {
    this.#note('onClose')
    this.closes.push(reason)
  }

  #note(name: string): void {
    if (this.#inside !== undefined) this.calledInside.push(`${name} in ${this.#inside}`)
  }
}
