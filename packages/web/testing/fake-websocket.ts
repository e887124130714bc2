import type { MemoryTransport } from '@ls/testkit'
import type { WebSocketLike } from '../src/link/websocket-transport.js'

/** A page's WebSocket over one end of a pipe in memory. */
export class FakeWebSocket implements WebSocketLike {
  binaryType: BinaryType = 'blob'
  readyState: WebSocket['readyState'] = openState
  onmessage: WebSocket['onmessage'] = null
  onclose: WebSocket['onclose'] = null
  /** Bytes in the queue, besides those in the pipe. */
  extraBytes = 0
  readonly #pipe: MemoryTransport

  constructor(pipe: MemoryTransport) {
    this.#pipe = pipe
    pipe.setHandler({
      onMessage: (message) => this.arrive(message.slice().buffer),
      onDrain: () => {},
      onClose: ({ code, reason }) => {
        this.readyState = closedState
        this.onclose?.call(this as unknown as WebSocket, { code, reason } as CloseEvent)
      },
    })
  }

  get bufferedAmount(): number {
    return this.#pipe.bufferedBytes + this.extraBytes
  }

  send(data: Parameters<WebSocket['send']>[0]): void {
    this.#pipe.send((data as Uint8Array<ArrayBuffer>).slice())
  }

  close(code = 1005, reason = ''): void {
    this.#pipe.close({ code, reason })
  }

  arrive(data: unknown): void {
    this.onmessage?.call(this as unknown as WebSocket, { data } as MessageEvent)
  }
}

const openState = 1
const closedState = 3
