import type { Clock } from '@ls/foundation'
import { MuxError } from '../errors.js'
import type { MessageTransport, TransportCloseReason } from '../link/transport.js'

/**
 * Reads single messages from a transport while a link is being opened, before a session owns it. The transport is
 * paused between calls of `next`, so later messages are left for the session.
 */
export class MessageReader {
  readonly #transport: MessageTransport
  readonly #clock: Clock
  #closed: TransportCloseReason | undefined
  #settle: ((message: Uint8Array | MuxError) => void) | undefined

  constructor(transport: MessageTransport, clock: Clock) {
    this.#transport = transport
    this.#clock = clock
    transport.pause()
    transport.setHandler({
      onMessage: (message) => {
        transport.pause()
        this.#settle?.(message)
      },
      onDrain: () => {},
      onClose: (reason) => {
        this.#closed = reason
        this.#settle?.(closedError(reason))
      },
    })
  }

  /** Reason why the transport closed; undefined while it is open. */
  get closed(): TransportCloseReason | undefined {
    return this.#closed
  }

  /** Returns the next message. @throws MuxError when the transport closes first or `timeoutMs` pass */
  next(timeoutMs: number): Promise<Uint8Array> {
    if (this.#closed !== undefined) return Promise.reject(closedError(this.#closed))
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => this.#settle?.(lateError(timeoutMs)), timeoutMs)
      this.#settle = (outcome) => {
        this.#clock.clearTimeout(timer)
        this.#settle = undefined
        if (outcome instanceof MuxError) reject(outcome)
        else resolve(outcome)
      }
      this.#transport.resume()
    })
  }
}

function lateError(timeoutMs: number): MuxError {
  return new MuxError('ERR_MUX_TIMEOUT', `the peer did not continue the handshake within ${timeoutMs} ms`)
}

function closedError({ code, reason, cause }: TransportCloseReason): MuxError {
  const text =
    reason === '' ? `the peer closed the connection with code ${code}` : `the peer closed the connection: ${reason}`
  return new MuxError('ERR_MUX_SESSION_CLOSED', text, cause === undefined ? undefined : { cause })
}
