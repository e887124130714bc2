import type { ChannelCloseReason } from '@ls/mux'
import { WebError } from '../errors.js'
import { type Deferred, deferred } from './deferred.js'

/** Promises of a socket: opened when the far end has accepted, closed when both directions have ended. */
export class SocketState<Info> {
  readonly #opened = deferred<Info>()
  readonly #closed: Deferred<void> = deferred()
  readonly opened = this.#opened.promise
  readonly closed = this.#closed.promise

  constructor() {
    // Readers of the streams get the failure there, and need neither promise.
    this.opened.catch(() => {})
    this.closed.catch(() => {})
  }

  /** Resolves `opened`: the far end has accepted. */
  open(info: Info): void {
    this.#opened.resolve(info)
  }

  /** Settles `closed`; without an error the socket ended in order. */
  end(error?: Error): void {
    this.#opened.reject(error ?? new WebError('ERR_WEB_CLOSED', 'the socket was closed before it was open'))
    if (error === undefined) this.#closed.resolve()
    else this.#closed.reject(error)
  }
}

/** Error for a reader at the end of a channel; undefined if no data was lost. */
export function errorOf({ kind, error }: ChannelCloseReason): WebError | undefined {
  switch (kind) {
    case 'ended':
      return undefined
    case 'refused':
      return new WebError('ERR_WEB_REFUSED', error)
    case 'local':
      return new WebError('ERR_WEB_CLOSED', error === '' ? 'the socket was closed' : error)
    default:
      return new WebError('ERR_WEB_BROKEN', error === '' ? 'the connection broke' : error)
  }
}

/** Returns the bytes that a page writes, which stay its own. */
export function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk)
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  throw new TypeError('a socket takes ArrayBuffer and its views; encode text with TextEncoder')
}
