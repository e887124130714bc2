import type { MessageTransport, TransportCloseReason, TransportHandler } from '../link/transport.js'

/** Passes everything on to another transport. Subclasses replace what they change. */
export class WrappedTransport implements MessageTransport {
  /** The transport below. */
  protected readonly inner: MessageTransport

  constructor(inner: MessageTransport) {
    this.inner = inner
  }

  get bufferedBytes(): number {
    return this.inner.bufferedBytes
  }

  get roundTripMs(): number | undefined {
    return this.inner.roundTripMs
  }

  get keepalive(): MessageTransport['keepalive'] {
    return this.inner.keepalive
  }

  send(message: Uint8Array, headroomBytes?: number): boolean {
    return this.inner.send(message, headroomBytes)
  }

  pause(): void {
    this.inner.pause()
  }

  resume(): void {
    this.inner.resume()
  }

  close(reason?: TransportCloseReason): void {
    this.inner.close(reason)
  }

  destroy(): void {
    this.inner.destroy()
  }

  setHandler(handler: TransportHandler): void {
    this.inner.setHandler(handler)
  }
}
