import type { ChannelCloseReason } from '@ls/mux'
import { WebError } from '../errors.js'

/** Promises of a socket: opened when the far end has accepted, closed when both directions have ended. */
export class SocketState<Info> {
  readonly opened: Promise<Info>
  readonly closed: Promise<void>
  readonly #settle: {
    readonly opened: (info: Info) => void
    readonly refused: (error: Error) => void
    readonly ended: () => void
    readonly broken: (error: Error) => void
  }

  constructor() {
    let opened!: (info: Info) => void
    let refused!: (error: Error) => void
    let ended!: () => void
    let broken!: (error: Error) => void
    this.opened = new Promise((resolve, reject) => ([opened, refused] = [resolve, reject]))
    this.closed = new Promise((resolve, reject) => ([ended, broken] = [resolve, reject]))
    this.#settle = { opened, refused, ended, broken }
    // Readers of the streams get the failure there, and need neither promise.
    this.opened.catch(() => {})
    this.closed.catch(() => {})
  }

  /** Resolves `opened`: the far end has accepted. */
  open(info: Info): void {
    this.#settle.opened(info)
  }

  /** Settles `closed`; without an error the socket ended in order. */
  end(error?: Error): void {
    this.#settle.refused(error ?? new WebError('ERR_WEB_CLOSED', 'the socket was closed before it was open'))
    if (error === undefined) this.#settle.ended()
    else this.#settle.broken(error)
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
