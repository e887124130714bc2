import type { Socket } from 'node:net'
import type { Destination } from '../destination.js'
import { SocksError } from '../errors.js'
import type { FailureCode } from '../reply.js'
import { type Deadline, startDeadline } from './deadline.js'
import type { AcceptedRequest } from './perform-server-handshake.js'
import { replyForError } from './reply-for-error.js'

/** Answers a request. Only the first answer counts. */
export interface RequestAnswer {
  /** The client's address. */
  readonly peer: string | undefined
  /** Aborts when the client's connection closes before an answer, or when the answer takes too long: stop dialing. */
  readonly signal: AbortSignal
  /**
   * Reports success to the client and returns its socket, paused and half-open; the caller must end it. It is
   * already destroyed if the client has gone. `bound` as in `ServerHandshake.reply`.
   */
  accept(bound?: Destination): Socket
  /** Sends the reason to the client, and closes. Of an error, such as that of a dial, it sends the reply that fits. */
  reject(reason: FailureCode | Error): void
}

/** The single answer to a request; the first of the handler, the deadline and the client's disconnect decides. */
export class Answer implements RequestAnswer {
  readonly peer: string | undefined
  readonly #accepted: AcceptedRequest<Socket>
  readonly #deadline: Deadline
  readonly #gone = new AbortController()
  #open = true

  constructor(accepted: AcceptedRequest<Socket>, peer: string | undefined, timeoutMs: number) {
    this.peer = peer
    this.#accepted = accepted
    this.#deadline = startDeadline('the answer', timeoutMs, this.#gone.signal)
    this.#deadline.signal.addEventListener('abort', this.#onAbort, { once: true })
    accepted.socket.once('close', this.#onClose)
    if (accepted.socket.destroyed) this.#onClose()
  }

  get signal(): AbortSignal {
    return this.#deadline.signal
  }

  accept(bound?: Destination): Socket {
    if (this.#settle()) this.#accepted.reply('succeeded', bound)
    return this.#accepted.socket
  }

  reject(reason: FailureCode | Error): void {
    if (this.#settle()) this.#accepted.reply(typeof reason === 'string' ? reason : replyForError(reason))
  }

  #settle(): boolean {
    if (!this.#open) return false
    this.#open = false
    this.#deadline.clear()
    this.#accepted.socket.off('close', this.#onClose)
    return true
  }

  readonly #onAbort = () => this.reject('timeout')

  readonly #onClose = () => {
    this.#gone.abort(new SocksError('ERR_SOCKS_CLOSED', 'the client closed the connection before the answer'))
  }
}
