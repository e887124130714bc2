import { Duplex } from 'node:stream'
import { asError, checkDurationMs, type Clock, systemClock, type TimerHandle } from '@ls/foundation'
import type { MessageTransport, TransportCloseReason, TransportHandler } from '@ls/mux'
import { TransportError } from '../errors.js'
import { CloseCode } from '../websocket/close-code.js'

/** Options of a {@link ByteStream}: its end, and data of its peer. */
export interface ByteStreamOptions {
  /**
   * Silence of the other side after `end()`, in milliseconds, after which the WebSocket is closed: WebSocket has no
   * half-close, so its close ends both directions. An answer that is still arriving is read to its end. `false` closes
   * immediately, which suits the side that answers.
   * @default false
   */
  readonly answerWaitMs?: number | false | undefined
  /** Address of the peer, for logs and rules. @default unknown */
  readonly remoteAddress?: string | undefined
  /** Port of the peer, for logs and rules. @default unknown */
  readonly remotePort?: number | undefined
  /** Called by `admit`. @default does nothing */
  readonly onAdmit?: (() => boolean) | undefined
  /** @default the system's */
  readonly clock?: Clock | undefined
}

/** Opens the transport with the first messages to send. */
export type OpenTransport = (firstMessages: readonly Uint8Array[], signal: AbortSignal) => Promise<MessageTransport>

/**
 * Largest message of a byte stream in both directions, in bytes. Such programs send at most some 64 KiB, and an
 * unauthenticated client must not make a server hold more. Longer writes are split.
 */
export const maxStreamMessageBytes = 1024 * 1024

/** Bytes that may wait on either side before back-pressure starts: one read of a fast socket. */
const highWaterBytes = 64 * 1024

const normal: TransportCloseReason = { code: CloseCode.normal, reason: '' }

type Callback = (error?: Error | null) => void

/**
 * A message transport as a Node stream, with the format of V2Ray and Xray: each write is one binary message, reads do
 * not depend on message boundaries, the end of the stream is close code 1000. Back-pressure works both ways.
 *
 * Any other end destroys the stream with a TransportError, so that a truncated stream never looks complete; so does
 * `destroy(error)` at the other end. `destroy()` closes with 1000, unless written bytes would be lost. `close` is
 * emitted once the WebSocket is closed. Chunks given to `write` must not be changed afterwards.
 *
 * @example
 * ```ts
 * const stream = new ByteStream(await connect({ url: 'wss://example.org/path' }))
 * stream.write('hello')
 * ```
 */
export class ByteStream extends Duplex implements TransportHandler {
  /** Address of the peer, as the options gave it. */
  readonly remoteAddress: string | undefined
  /** Port of the peer, as the options gave it. */
  readonly remotePort: number | undefined
  readonly #answerWaitMs: number | false
  readonly #onAdmit: (() => boolean) | undefined
  readonly #clock: Clock
  readonly #opening = new AbortController()
  #open: OpenTransport | undefined
  #transport: MessageTransport | undefined
  #paused = false
  /** Continues the write, or reports it as done; set while the transport is full. */
  #afterDrain: (() => void) | undefined
  /** Callback of the current write. */
  #written: Callback | undefined
  #closed: TransportCloseReason | undefined
  /** Whether data has arrived since the timer was set. */
  #heard = false
  #answerTimer: TimerHandle
  #gone: (() => void) | undefined

  /** Uses an open transport, whose handler it becomes, or one that the first write opens. */
  constructor(transport: MessageTransport | OpenTransport, options: ByteStreamOptions = {}) {
    super({ highWaterMark: highWaterBytes })
    const { answerWaitMs = false } = options
    this.#answerWaitMs = answerWaitMs === false ? false : checkDurationMs('answerWaitMs', answerWaitMs)
    this.#clock = options.clock ?? systemClock
    this.remoteAddress = options.remoteAddress
    this.remotePort = options.remotePort
    this.#onAdmit = options.onAdmit
    if (typeof transport === 'function') this.#open = transport
    else this.#attach(transport)
  }

  /** Admits the client, which has authenticated; see `admit` of WebSocketTransport. */
  admit(): boolean {
    return this.#onAdmit?.() ?? true
  }

  /** For the transport: receives a message. Pauses the transport when the stream's reader is slow. */
  onMessage(message: Uint8Array): void {
    this.#heard = true
    // An empty chunk has another meaning in Node, and it carries no data.
    if (message.length === 0 || this.destroyed) return
    if (this.push(message)) return
    this.#paused = true
    this.#transport?.pause()
  }

  /** For the transport: continues, since it accepts more. */
  onDrain(): void {
    const afterDrain = this.#afterDrain
    this.#afterDrain = undefined
    afterDrain?.()
  }

  /** For the transport: it is closed. Codes 1000 and 1005 end the stream, any other one destroys it with an error. */
  onClose(reason: TransportCloseReason): void {
    this.#closed = reason
    this.#afterDrain = undefined
    this.#clock.clearTimeout(this.#answerTimer)
    if (this.destroyed) return this.#gone?.()
    if (!isEnd(reason)) return void this.destroy(errorOf(reason))
    // Received bytes can still be read; the writable side ends with it.
    this.allowHalfOpen = false
    this.push(null)
    if (this.#written !== undefined) this.#failWrite(this.#written)
  }

  /** For Node: resumes a paused transport, since the reader needs more. */
  override _read(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#heard = true
    this.#transport?.resume()
  }

  /** For Node: sends a chunk, in messages of at most 1 MiB. The first one opens a transport that is not open yet. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    if (chunk.length === 0) return callback()
    if (this.#closed !== undefined) return this.#failWrite(callback)
    this.#written = callback
    if (this.#transport === undefined) this.#openWith(chunk)
    else this.#send(this.#transport, chunk)
  }

  /**
   * For Node: `end()` was called and all is written. Closes with 1000, immediately or after `answerWaitMs` of silence.
   * A transport that the first write would open stays unopened where nothing was written.
   */
  override _final(callback: Callback): void {
    const transport = this.#transport
    callback()
    // Never opened: nothing was sent, so no answer will come.
    if (transport === undefined) return void this.push(null)
    if (this.#closed !== undefined) return
    if (this.#answerWaitMs === false) transport.close(normal)
    else this.#awaitAnswer(transport, this.#answerWaitMs)
  }

  /**
   * For Node: `destroy()` was called. Closes with 1000 where all is written and there is no error, cuts the transport
   * otherwise, and cancels one that is being opened.
   */
  override _destroy(error: Error | null, callback: Callback): void {
    const transport = this.#transport
    this.#clock.clearTimeout(this.#answerTimer)
    this.#opening.abort(error ?? new Error('the byte stream was destroyed'))
    if (transport === undefined || this.#closed !== undefined) return callback(error)
    this.#gone = () => callback(error)
    if (error === null && this.writableLength === 0) transport.close(normal)
    else transport.destroy()
  }

  #attach(transport: MessageTransport): void {
    this.#transport = transport
    transport.setHandler(this)
  }

  #openWith(chunk: Buffer): void {
    const open = this.#open
    this.#open = undefined
    open?.(piecesOf(chunk), this.#opening.signal).then(
      (transport) => {
        if (this.destroyed) return transport.destroy()
        this.#attach(transport)
        this.#reportWritten()
      },
      (error: unknown) => this.destroy(asError(error)),
    )
  }

  #send(transport: MessageTransport, chunk: Uint8Array): void {
    const rest = chunk.length > maxStreamMessageBytes ? chunk.subarray(maxStreamMessageBytes) : undefined
    const next = (): void => (rest === undefined ? this.#reportWritten() : this.#send(transport, rest))
    // A closing transport returns false as well: its close follows and fails the write.
    if (transport.send(rest === undefined ? chunk : chunk.subarray(0, maxStreamMessageBytes))) next()
    else this.#afterDrain = next
  }

  #reportWritten(): void {
    const written = this.#written
    this.#written = undefined
    written?.()
  }

  /** An error would discard unread bytes, so it waits for the reader. */
  #failWrite(callback: Callback): void {
    this.#written = undefined
    const error = new TransportError('ERR_TRANSPORT_CONNECTION_LOST', 'the peer has ended the byte stream')
    if (this.readableEnded) callback(error)
    else this.once('end', () => callback(error))
  }

  /** Closes after `waitMs` to twice `waitMs` of silence; a new timer for each message costs more. */
  #awaitAnswer(transport: MessageTransport, waitMs: number): void {
    this.#heard = false
    this.#answerTimer = this.#clock.setTimeout(() => {
      // Silence caused by our own reader does not count.
      if (this.#heard || this.#paused) this.#awaitAnswer(transport, waitMs)
      else transport.close(normal)
    }, waitMs)
  }
}

/** Whether a close is a normal end. Browsers send one without a code (1005) when they are given none. */
function isEnd({ code }: TransportCloseReason): boolean {
  return code === CloseCode.normal || code === CloseCode.noStatus
}

function errorOf({ code, reason, cause }: TransportCloseReason): Error {
  if (cause !== undefined) return cause
  const text = code === CloseCode.abnormal ? reason : `the peer closed the byte stream with ${code}: ${reason}`
  return new TransportError('ERR_TRANSPORT_CONNECTION_LOST', text)
}

function piecesOf(chunk: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let start = 0; start < chunk.length; start += maxStreamMessageBytes) {
    pieces.push(chunk.subarray(start, start + maxStreamMessageBytes))
  }
  return pieces
}
