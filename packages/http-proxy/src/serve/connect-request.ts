import type { Duplex } from 'node:stream'
import type { Target } from '@ls/dial'
import type { DialInfo } from '../dial-direct.js'
import { HttpProxyError } from '../errors.js'
import { refuse } from './refusal.js'

/** A client's request for a tunnel, for `onConnect`. Answer once, with `accept` or `reject`. */
export interface ConnectRequest extends DialInfo {
  readonly kind: 'connect'
  /** The requested target. */
  readonly target: Target
  /**
   * Answers 200 and returns the client's socket, not flowing, with all unread bytes. It may have ended already
   * (`readableEnded`), and counts as a connection until it closes.
   *
   * @throws {HttpProxyError} ERR_HTTP_PROXY_CLOSED when the client has gone or was already answered.
   */
  accept(): Duplex
  /**
   * Answers with the status of a reply word, or of an error as for a rejecting dial; does nothing after the first
   * answer.
   */
  reject(reason: unknown): void
}

export interface ConnectRequestParts {
  readonly socket: Duplex
  readonly target: Target
  readonly source: Target | undefined
  readonly user: string | undefined
  readonly timeoutMs: number
  /** Called before the answer 200 is sent. */
  readonly onAccept: () => void
  readonly onReject: (error: unknown) => void
}

/** The answer to a CONNECT. The first of `accept`, `reject`, the deadline and the client's disconnect decides. */
export class PendingConnect implements ConnectRequest {
  readonly kind = 'connect'
  readonly target: Target
  readonly source: Target | undefined
  readonly user: string | undefined
  readonly #parts: ConnectRequestParts
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  #answered = false

  constructor(parts: ConnectRequestParts) {
    this.#parts = parts
    this.target = parts.target
    this.source = parts.source
    this.user = parts.user
    this.#timer = setTimeout(() => this.#onDeadline(), parts.timeoutMs)
    parts.socket.once('close', this.#onGone)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  accept(): Duplex {
    const { socket, onAccept } = this.#parts
    if (this.#answered || socket.destroyed) {
      throw new HttpProxyError('ERR_HTTP_PROXY_CLOSED', 'the client has gone or was already answered')
    }
    this.#settle()
    onAccept()
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    return socket
  }

  reject(reason: unknown): void {
    if (this.#answered) return
    this.#settle()
    this.#parts.onReject(reason)
    refuse(this.#parts.socket, reason)
  }

  readonly #onGone = (): void => {
    if (this.#answered) return
    this.#settle()
    this.#controller.abort(new HttpProxyError('ERR_HTTP_PROXY_CLOSED', 'the client has gone'))
  }

  #onDeadline(): void {
    const text = `no answer from the target within ${this.#parts.timeoutMs} ms`
    const error = new HttpProxyError('ERR_HTTP_PROXY_TIMEOUT', text, { reply: 'timeout' })
    this.reject(error)
    this.#controller.abort(error)
  }

  #settle(): void {
    this.#answered = true
    clearTimeout(this.#timer)
    this.#parts.socket.off('close', this.#onGone)
  }
}
