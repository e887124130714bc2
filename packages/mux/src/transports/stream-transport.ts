import type { Duplex } from 'node:stream'
import { maxMessageBytes } from '@ls/codec'
import { checkDurationMs, checkInteger, type Clock, systemClock, type TimerHandle } from '@ls/foundation'
import type { MessageTransport, TransportCloseReason, TransportHandler } from '../link/transport.js'
import { processFramePool } from '../memory/frame-pool.js'
import { Departure } from './departure.js'
import { SplitMessages } from './split-messages.js'

/** Limits and times of {@link streamTransport}. */
export interface StreamTransportOptions {
  /** Largest message accepted from the peer, in bytes: the size that every peer accepts. @default 33554432 (32 MiB) */
  readonly maxMessageBytes?: number | undefined
  /** Time that a closed transport waits for the peer to end, in milliseconds; then it cuts the stream. @default 5000 */
  readonly closeTimeoutMs?: number | undefined
  /**
   * `send` returns false once this many bytes wait; the effective value is at least the stream's own mark.
   * @default 131_072
   */
  readonly highWaterBytes?: number | undefined
  /** @default the process's clock */
  readonly clock?: Clock | undefined
}

/**
 * A transport over any stream of bytes: a TCP or UNIX socket, TLS, the pipes of a child process. Both ends use it. The
 * stream belongs to the transport from now on.
 *
 * Each message has 4 bytes before it: its length, big-endian. The highest bit marks the last frame of a direction,
 * which holds a close code of 2 bytes and a reason in UTF-8.
 *
 * @example
 * session.attach(streamTransport(connect({ host: 'server.example', port: 7000 })))
 *
 * @throws RangeError for an option out of its range
 */
export function streamTransport(stream: Duplex, options: StreamTransportOptions = {}): MessageTransport {
  return new StreamTransport(stream, options)
}

const lost: TransportCloseReason = { code: 1006, reason: 'the stream closed without a close frame' }

class StreamTransport implements MessageTransport {
  readonly roundTripMs = undefined
  readonly #stream: Duplex
  readonly #clock: Clock
  readonly #closeTimeoutMs: number
  readonly #received: SplitMessages
  readonly #departure: Departure
  readonly #highWaterBytes: number
  #blocked = false
  #handler: TransportHandler | undefined
  /** `closing`: our close frame is queued · `ended`: the reason is known and no more messages are delivered. */
  #state: 'open' | 'closing' | 'ended' | 'closed' = 'open'
  #reason: TransportCloseReason | undefined
  #paused = false
  /** `writing`: a stream in this process may answer within the write. */
  #delivery: 'idle' | 'writing' | 'scheduled' = 'idle'
  #closeTimer: TimerHandle
  /** No bytes follow those received. */
  #hasEnded = false

  constructor(stream: Duplex, options: StreamTransportOptions) {
    this.#stream = stream
    this.#clock = options.clock ?? systemClock
    this.#closeTimeoutMs = checkDurationMs('closeTimeoutMs', options.closeTimeoutMs ?? 5000)
    const limit = options.maxMessageBytes ?? maxMessageBytes
    this.#received = new SplitMessages(checkInteger('maxMessageBytes', limit, 1, maxMessageBytes))
    this.#departure = new Departure(stream)
    const highWaterBytes = checkInteger('highWaterBytes', options.highWaterBytes ?? 131_072, 1)
    // 'drain' only follows a write beyond the stream's own mark, so ours cannot be lower.
    this.#highWaterBytes = Math.max(highWaterBytes, stream.writableHighWaterMark)
    stream.pause()
    stream.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    stream.on('drain', () => this.#drained())
    stream.on('end', () => this.#streamEnded())
    stream.on('error', (cause) => this.#end({ code: 1006, reason: cause.message, cause }))
    stream.on('close', () => this.#streamEnded())
  }

  get bufferedBytes(): number {
    return this.#state === 'open' || this.#state === 'closing' ? this.#stream.writableLength : 0
  }

  send(message: Uint8Array, headroomBytes = 0): boolean {
    if (this.#state !== 'open') return false
    this.#departure.hold()
    if (headroomBytes >= headerBytes) this.#writeInPlace(message)
    else if (message.length <= maxCopiedBytes) this.#writeCopy(message)
    else this.#writeBehindHeader(message)
    this.#departure.schedule()
    if (this.#stream.writableLength <= this.#highWaterBytes) return true
    this.#blocked = true
    return false
  }

  pause(): void {
    this.#paused = true
    this.#stream.pause()
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  close(reason: TransportCloseReason = { code: 1000, reason: '' }): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#reason = reason
    this.#endWith(reason)
    this.#closeTimer = this.#clock.setTimeout(() => this.destroy(), this.#closeTimeoutMs)
    this.#schedule()
  }

  destroy(): void {
    this.#received.clear()
    this.#stream.destroy()
    this.#end({ code: 1006, reason: 'destroyed' })
  }

  setHandler(handler: TransportHandler): void {
    this.#handler = handler
    this.#schedule()
  }

  /** Writes the header into the free memory before the message: TLS would copy two pieces into one. */
  #writeInPlace({ buffer, byteOffset, length }: Uint8Array): void {
    const frame = new Uint8Array(buffer, byteOffset - headerBytes, headerBytes + length)
    writeHeader(frame, length)
    this.#writeHeld(frame)
  }

  #writeCopy(message: Uint8Array): void {
    const frame = Buffer.allocUnsafe(headerBytes + message.length)
    writeHeader(frame, message.length)
    frame.set(message, headerBytes)
    this.#stream.write(frame)
  }

  #writeBehindHeader(message: Uint8Array): void {
    this.#stream.write(header(message.length))
    this.#writeHeld(message)
  }

  /** Holds the memory while it is written: it must not change if the peer acknowledges the message before. */
  #writeHeld(bytes: Uint8Array): void {
    processFramePool.hold(bytes)
    this.#stream.write(bytes, () => processFramePool.give(bytes))
  }

  #drained(): void {
    if (!this.#blocked || this.#state !== 'open') return
    this.#blocked = false
    this.#handler?.onDrain()
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isOver()) return
    this.#received.push(chunk)
    if (this.#delivery === 'idle') this.#deliver()
    else this.#schedule()
  }

  /** Delivers in a later turn, never inside a call of the owner. */
  #schedule(): void {
    if (this.#delivery === 'scheduled' || this.#state === 'closed') return
    this.#delivery = 'scheduled'
    setImmediate(() => {
      this.#delivery = 'idle'
      this.#deliver()
    })
  }

  #deliver(): void {
    const handler = this.#handler
    if (handler === undefined || this.#state === 'closed') return
    while (!this.#paused && !this.#isOver()) {
      const frame = this.#received.shift()
      if (frame === undefined) break
      if (frame.kind === 'message') handler.onMessage(frame.bytes)
      else if (frame.kind === 'close') this.#endByPeer(readCloseBody(frame.bytes))
      else this.#refuse(frame.reason)
    }
    if (this.#hasEnded && (!this.#paused || this.#received.isEmpty)) this.#end(lost)
    if (this.#isOver()) return this.#announce(handler)
    if (!this.#paused) this.#stream.resume()
  }

  #isOver(): boolean {
    return this.#state === 'ended' || this.#state === 'closed'
  }

  /** Ends the transport: the peer broke the rules. */
  #refuse(reason: TransportCloseReason): void {
    if (this.#state === 'open') this.#endWith(reason)
    this.#endByPeer(reason)
  }

  /** Sends what waits, and the last frame. */
  #endWith(reason: TransportCloseReason): void {
    const body = closeBody(reason)
    if (this.#delivery === 'idle') this.#delivery = 'writing'
    this.#stream.write(Buffer.concat([lastHeader(body.length), body]))
    this.#stream.end()
    if (this.#delivery === 'writing') this.#delivery = 'idle'
  }

  /** Called when the peer has sent its last frame. */
  #endByPeer(reason: TransportCloseReason): void {
    this.#stream.end()
    this.#end(reason)
    // Reads the peer's end, so that the stream closes; a peer that sends no end is cut.
    this.#stream.resume()
    this.#closeTimer ??= this.#clock.setTimeout(() => this.#stream.destroy(), this.#closeTimeoutMs)
  }

  /** Called at the end of the stream; messages that wait for a paused owner are delivered first. */
  #streamEnded(): void {
    if (this.#stream.destroyed) this.#clock.clearTimeout(this.#closeTimer)
    this.#hasEnded = true
    this.#schedule()
  }

  #end(reason: TransportCloseReason): void {
    if (this.#isOver()) return
    this.#state = 'ended'
    this.#reason ??= reason
    this.#schedule()
  }

  #announce(handler: TransportHandler): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#received.clear()
    if (this.#stream.writableEnded || this.#stream.destroyed) this.#stream.resume()
    else this.#stream.destroy()
    handler.onClose(this.#reason ?? lost)
  }
}

/** Highest bit of the length: the frame is the last one, and holds a close reason. */
const closeBit = 0x8000_0000

/** Length of the field before each message, in bytes. */
const headerBytes = 4

/** Largest message to copy, in bytes: up to this size, a copy costs less than a second buffer in the write. */
const maxCopiedBytes = 4096

function header(length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(headerBytes)
  writeHeader(bytes, length)
  return bytes
}

function lastHeader(length: number): Uint8Array {
  return header((length | closeBit) >>> 0)
}

function writeHeader(bytes: Uint8Array, word: number): void {
  bytes[0] = word >>> 24
  bytes[1] = word >>> 16
  bytes[2] = word >>> 8
  bytes[3] = word
}

/** Longest reason, in bytes, the same as of a WebSocket (RFC 6455 §5.5). */
const maxReasonBytes = 123

function closeBody({ code, reason }: TransportCloseReason): Uint8Array {
  const text = Buffer.from(reason).subarray(0, maxReasonBytes)
  const body = Buffer.allocUnsafe(2 + text.length)
  body.writeUInt16BE(code)
  body.set(text, 2)
  return body
}

function readCloseBody(body: Uint8Array): TransportCloseReason {
  const { buffer, byteOffset, length } = body
  if (length < 2) return { code: 1005, reason: '' }
  const code = new DataView(buffer, byteOffset, length).getUint16(0)
  return { code, reason: new TextDecoder().decode(body.subarray(2, 2 + maxReasonBytes)) }
}
