import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  Inbox,
  type MessageTransport,
  PeerPings,
  RoundTrip,
  type TransportCloseReason,
  type TransportHandler,
} from '@ls/mux'
import { Keepalive } from '@ls/mux/keepalive'
import { Departure } from '@ls/mux/node'
import { WebSocket } from 'ws'
import { TransportError } from '../errors.js'
import type { ResolvedTransportOptions } from '../options.js'
import { CloseCode, closeFrame, closeReason } from './close-code.js'
import { FrameReader } from './frame-reader.js'
import { FrameWriter } from './frame-writer.js'
import { ReadAllowance } from './read-allowance.js'
import type { TransportPeer, TransportRole } from './transport-role.js'

/**
 * One WebSocket as a message transport, with back-pressure both ways and a heartbeat; made by `connect` and `listen`.
 *
 * Messages sent in one turn of the event loop leave in one system call. Only binary messages are allowed: a text
 * message closes the link with 1003, one beyond `maxMessageBytes` with 1009.
 */
export class WebSocketTransport implements MessageTransport {
  /** Data about the other end; behind trusted proxies, about the client that they report. */
  readonly peer: TransportPeer
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #options: ResolvedTransportOptions
  readonly #highWaterBytes: number
  readonly #isServer: boolean
  readonly #allowance: ReadAllowance
  readonly #onAdmit: (() => boolean) | undefined
  readonly #onHeld: ((bytes: number) => void) | undefined
  readonly #writer: FrameWriter
  readonly #reader: FrameReader
  #keepalive: Keepalive | undefined
  readonly #inbox: Inbox
  readonly #departure: Departure
  #blocked = false
  #error: Error | undefined

  /** Takes an open `socket` and the connection `stream` below it; `early` are messages that arrived before. */
  constructor(
    socket: WebSocket,
    stream: Duplex,
    options: ResolvedTransportOptions,
    peer: TransportPeer,
    { isServer, early = [], unproven, onUnproven, onAdmit, onHeld }: TransportRole,
  ) {
    this.#socket = socket
    this.#stream = stream
    this.#options = options
    this.#inbox = new Inbox(
      {
        clock: options.clock,
        defer: process.nextTick,
        onReading: () => this.#continueReading(),
        onUnread: () => this.destroy(),
      },
      early,
    )
    this.#allowance = new ReadAllowance(options.maxMessageBytes, unproven, onUnproven)
    // Early data counts as well; the listener has refused too much of it.
    for (const message of early) this.#allowance.takes(message.length)
    this.#onAdmit = onAdmit
    this.#onHeld = onHeld
    this.#isServer = isServer
    this.peer = peer
    // 'drain' only follows a write beyond the stream's own mark, so ours cannot be lower.
    this.#highWaterBytes = Math.max(options.highWaterBytes, stream.writableHighWaterMark)
    this.#writer = new FrameWriter(stream, !isServer)
    this.#departure = new Departure(stream)
    this.#reader = this.#readFrames(isServer)
    socket.on('message', (data: Buffer, isBinary) => {
      this.#reader.messageOfWs()
      if (isBinary) this.#inbox.receive(data)
      else this.#refuseText()
    })
    socket.on('error', (error) => {
      this.#error ??= error
      this.#reader.stop()
    })
    socket.on('close', (code, text) => this.#end(code, text.toString()))
    // ws does not report the errors of the connection.
    stream.on('error', (error) => (this.#error ??= error))
    stream.on('drain', () => this.#drained())
    // No bytes are read before there is a handler: they wait in the system's buffers.
    this.#reader.pause()
    // An unauthenticated client gets no pings: it has its own deadline, and each ping costs a system call.
    if (this.#allowance.isProven) this.#openKeepalive()
  }

  get bufferedBytes(): number {
    return this.#inbox.state === 'closed' ? 0 : this.#stream.writableLength
  }

  /** Smoothed round trip of the heartbeat's pings, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this.#keepalive?.roundTripMs
  }

  /** The heartbeat, to read its measurements and to change its deadlines; undefined when it is off. */
  get keepalive(): Keepalive | undefined {
    return this.#keepalive
  }

  /**
   * Admits the peer: from now on it has the usual limits, and its link is not cut to make room for others. Returns
   * false if there is no room for it; its link is then being closed. Without `unproven` in `listen` this has no effect.
   */
  admit(): boolean {
    if (this.#allowance.isProven) return true
    if (this.#onAdmit?.() === false) {
      this.close({ code: CloseCode.tryAgainLater, reason: 'all links are in use' })
      return false
    }
    this.#allowance.isProven = true
    this.#openKeepalive()
    return true
  }

  send(message: Uint8Array, headroomBytes = 0): boolean {
    if (this.#inbox.state !== 'open' || this.#socket.readyState !== WebSocket.OPEN) return false
    this.#departure.hold()
    this.#writer.write(message, headroomBytes)
    this.#departure.schedule()
    if (this.#stream.writableLength <= this.#highWaterBytes) return true
    this.#blocked = true
    return false
  }

  /**
   * Stops reading, so that TCP holds the peer back. Pings continue, but the peer's silence does not count meanwhile.
   */
  pause(): void {
    if (this.#inbox.pause() && this.#inbox.state === 'open') this.#stopReading()
  }

  /** Delivers held messages, from the next tick on, then continues reading; silence counts from then on. */
  resume(): void {
    this.#inbox.resume()
  }

  close(reason: TransportCloseReason = { code: CloseCode.normal, reason: '' }): void {
    if (!this.#inbox.close(reason)) return
    const { code, text } = closeFrame(reason)
    this.#socket.close(code, text)
    // The peer's answer follows all its messages.
    this.#reader.resume()
  }

  destroy(): void {
    if (this.#inbox.destroy()) this.#socket.terminate()
  }

  setHandler(handler: TransportHandler): void {
    this.#inbox.setHandler(handler)
  }

  #drained(): void {
    if (!this.#blocked || this.#inbox.state !== 'open') return
    this.#blocked = false
    this.#inbox.drained()
  }

  #stopReading(): void {
    this.#reader.pause()
    this.#keepalive?.pause()
  }

  #continueReading(): void {
    this.#reader.resume()
    this.#keepalive?.resume()
    this.#keepalive?.start()
  }

  #refuseText(): void {
    if (this.#inbox.state !== 'open') return
    const reason = 'text message received, only binary messages are allowed'
    const cause = new TransportError('ERR_TRANSPORT_TEXT_MESSAGE', reason)
    this.close({ code: CloseCode.unsupportedData, reason, cause })
  }

  /** Stops reading, even the answer to the close, which follows the excess. */
  #refuseExcess(): void {
    this.close({ code: CloseCode.messageTooLarge, reason: 'too much for a peer that has not authenticated' })
    this.#stream.once('finish', () => this.#stream.destroy())
    this.#stream.end()
  }

  #readFrames(isServer: boolean): FrameReader {
    const reader = new FrameReader({
      stream: this.#stream,
      masked: isServer,
      allowance: this.#allowance,
      onExcess: () => this.#refuseExcess(),
      // Bytes, not messages: on a slow path a large message shows life long before it is complete.
      onBytes: () => this.#keepalive?.received(),
      onHeld: (bytes) => this.#onHeld?.(bytes),
      onMessage: (message) => this.#inbox.receive(message),
    })
    if (!reader.attach()) this.#socket.on('message', () => this.#keepalive?.received())
    return reader
  }

  #openKeepalive(): void {
    const { heartbeat, clock } = this.#options
    if (heartbeat === false) return
    const keepalive = new Keepalive({
      clock,
      ping: (id) => this.#ping(id),
      // Clients ping: if servers did as well, those with thousands of idle links would do little else.
      peerPings: this.#isServer ? new PeerPings(() => passedBytes(this.#stream)) : undefined,
      roundTrip: new RoundTrip(),
      dead: (silentMs) => this.#declareDead(silentMs, keepalive.timeoutMs),
      // At the end: with properties behind it, Node 20 gives each object a hidden class of its own, 0.6 KiB.
      ...heartbeat,
    })
    this.#socket.on('ping', () => keepalive.peerPinged())
    this.#socket.on('pong', (data) => {
      if (data.length === 4) keepalive.pong(data.readUInt32BE())
    })
    this.#keepalive = keepalive
    if (this.#inbox.isPaused) keepalive.pause()
    if (this.#inbox.hasOwner && this.#inbox.state === 'open') keepalive.start()
  }

  #ping(id: number): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    const payload = Buffer.allocUnsafe(4)
    payload.writeUInt32BE(id)
    this.#socket.ping(payload)
  }

  #declareDead(silentMs: number, limitMs: number): void {
    const reason = `peer silent for ${silentMs} ms (limit ${limitMs} ms)`
    const cause = new TransportError('ERR_TRANSPORT_PEER_SILENT', reason)
    if (this.#inbox.destroy({ code: CloseCode.abnormal, reason, cause })) this.#socket.terminate()
  }

  #end(code: number, text: string): void {
    this.#keepalive?.stop()
    this.#onHeld?.(0)
    const reason = this.#inbox.ownReason ?? closeReason(code, text, this.#error, this.#options.maxMessageBytes)
    const { address, port } = this.peer
    this.#options.logger.debug({ code: reason.code, reason: reason.reason, address, port }, 'transport ended')
    this.#inbox.end(reason)
  }
}

/** Returns the bytes of a stream both ways; NaN for one that does not count, such as one within an HTTP/2 session. */
function passedBytes(stream: Duplex & Partial<Pick<Socket, 'bytesRead' | 'bytesWritten'>>): number {
  const { bytesRead = Number.NaN, bytesWritten = Number.NaN } = stream
  return bytesRead + bytesWritten
}
