import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Clock, ProgressWatch, type Target, type TimerHandle } from '@ls/foundation'
import { streamTransport } from '@ls/mux/duplex'
import { DirectError } from '../errors.js'
import type { DirectConnection } from '../puncher.js'
import { maxChannelMessageBytes } from '../udp/channel-transport.js'
import { openTls, startDial } from './dial-place.js'
import { type Invitation, maxPlaces } from './invitation.js'
import { bindingOf } from './secure.js'
import type { ExpectedPeer, TcpListener } from './tcp-listener.js'

/** What an attempt uses of its client. */
export interface TcpAttemptInit {
  readonly clock: Clock
  readonly listener: TcpListener
  /** Whether the peer may have us dial this place; counts it. */
  admits(place: Target): boolean
  /** Receives each connection that opens. */
  onOpened(connection: DirectConnection): void
}

/** Time for TCP and TLS to open, in milliseconds, counted from the moment when both ends know of each other. */
const openMs = 10_000

/** Time between the dials of two places, in milliseconds: on one network the first opens within a few. */
const staggerMs = 50

/** Most connections of one peer in one attempt that open: as many as it may have places, in each direction. */
const maxOpened = 16

/** One attempt to reach a peer by TCP: our port awaits it, and its places are dialled. */
export class TcpAttempt {
  readonly #init: TcpAttemptInit
  readonly #guest: ExpectedPeer
  readonly #dials = new Set<Socket>()
  /** Resolves with the first connection; rejects when the attempt is over without one. */
  readonly opened: Promise<void>
  #opened = 0
  /** Whether the peer knows, or may still learn, where it may reach us. */
  #isAwaited = true
  #hasDialled = false
  #isOver = false
  #timer: TimerHandle
  /** Places that are not dialled yet. */
  #places: Target[] = []
  #nextDial: TimerHandle
  #lastError: Error | undefined
  #settle!: () => void
  #fail!: (error: Error) => void

  constructor(init: TcpAttemptInit) {
    this.#init = init
    this.opened = new Promise((resolve, reject) => {
      this.#settle = resolve
      this.#fail = reject
    })
    // It may fail before somebody waits for it.
    this.opened.catch(() => {})
    const id = randomBytes(16).toString('hex')
    this.#guest = { id, secret: randomBytes(32), onSocket: (socket) => this.#open(socket) }
  }

  /** By which our port recognizes the peer. */
  get id(): string {
    return this.#guest.id
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#isOver
  }

  /**
   * Opens the port, if the peer may reach us at one of these addresses or at a place that leads here, and returns what
   * the peer must know.
   */
  async invitation(hosts: readonly string[], mapped?: Target): Promise<Invitation> {
    const { id, secret } = this.#guest
    const hasPlace = hosts.length > 0 || mapped !== undefined
    const port = hasPlace ? await this.#init.listener.expect(this.#guest) : undefined
    if (this.#isOver) this.#init.listener.dismiss(this.#guest)
    const places = port === undefined ? [] : placesAt(hosts, port, mapped)
    this.#isAwaited = places.length > 0
    if (this.#hasDialled) this.#endUnlessAwaited()
    return { id, secret, places }
  }

  /** Dials the peer's places, and gives up after {@link openMs}. */
  dial(invitation: Invitation): void {
    if (this.#isOver) return
    const text = `no TCP connection opened within ${openMs} ms: a NAT or a firewall on the way does not let it through`
    this.#timer = this.#init.clock.setTimeout(() => this.#end(new DirectError('ERR_DIRECT_PATH', text)), openMs)
    this.#hasDialled = true
    this.#places = [...invitation.places]
    this.#dialNext(invitation)
  }

  /** Ends the attempt. Connections that have opened stay. */
  close(): void {
    this.#end(new DirectError('ERR_DIRECT_PATH', 'the attempt for a TCP connection was given up'))
  }

  /** Dials one place after the other until a connection is open: after a failure, or a moment later (RFC 8305 §5). */
  #dialNext(invitation: Invitation): void {
    const { clock, admits } = this.#init
    clock.clearTimeout(this.#nextDial)
    if (this.#isOver || this.#opened > 0) return
    const place = this.#places.shift()
    if (place === undefined) return this.#endUnlessAwaited()
    if (!admits(place)) return this.#dialNext(invitation)
    void this.#dialPlace(place, invitation)
    if (this.#places.length > 0) this.#nextDial = clock.setTimeout(() => this.#dialNext(invitation), staggerMs)
  }

  async #dialPlace(place: Target, invitation: Invitation): Promise<void> {
    const socket = startDial(place)
    this.#dials.add(socket)
    try {
      this.#open(await openTls(socket, place, invitation))
    } catch (error) {
      socket.destroy()
      this.#lastError = error as Error
    }
    this.#dials.delete(socket)
    this.#dialNext(invitation)
  }

  /** Gives up before the time is over: all places have failed, and the peer cannot reach us. */
  #endUnlessAwaited(): void {
    if (this.#places.length > 0 || this.#dials.size > 0 || this.#opened > 0 || this.#isAwaited) return
    this.#end(this.#lastError ?? new DirectError('ERR_DIRECT_PATH', 'the peer has no TCP address that may be dialled'))
  }

  #open(socket: TLSSocket): void {
    if (this.#isOver || this.#opened >= maxOpened || socket.destroyed) return void socket.destroy()
    this.#opened++
    const { clock, onOpened } = this.#init
    watch(socket, clock)
    const transport = streamTransport(socket, { clock, maxMessageBytes: maxChannelMessageBytes })
    const binding = bindingOf(socket)
    this.#settle()
    onOpened({ transport, binding, protocol: 'tcp' })
  }

  #end(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const timer of [this.#timer, this.#nextDial]) this.#init.clock.clearTimeout(timer)
    this.#init.listener.dismiss(this.#guest)
    for (const socket of this.#dials) socket.destroy()
    this.#fail(error)
  }
}

/** Places of our port, at most {@link maxPlaces}, the one at a router among them. */
function placesAt(hosts: readonly string[], port: number, mapped: Target | undefined): Target[] {
  const places = hosts.map((host) => ({ host, port }))
  const isNew = mapped !== undefined && !places.some((each) => each.host === mapped.host && each.port === mapped.port)
  return isNew ? [...places.slice(0, maxPlaces - 1), mapped] : places.slice(0, maxPlaces)
}

/** Ends a connection whose peer is silent: a provider sends no pings, and would keep it forever. */
function watch(socket: TLSSocket, clock: Clock): void {
  const progress = new ProgressWatch({
    clock,
    quietMs: silenceMs,
    progress: () => socket.bytesRead,
    isCounting: () => !socket.isPaused(),
    onStuck: () => socket.destroy(new Error(`the peer was silent for ${silenceMs} ms`)),
  })
  socket.once('close', () => progress.stop())
}

/** Time without a byte of the peer, in milliseconds: the connector pings three times in it. */
const silenceMs = 60_000
