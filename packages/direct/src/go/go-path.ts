import { type DirectMessage, encode, MessageType } from '@ls/codec'
import { type Clock, type Logger, Pause, textOf } from '@ls/foundation'
import { Session, type SessionHandler, type SessionOptions } from '@ls/mux'
import { DirectError } from '../errors.js'
import { ownAddresses } from '../host-addresses.js'
import { DialAllowance, maxUdpTried } from '../tcp/dial-allowance.js'
import { mayDial } from '../tcp/dialable.js'
import type { HostCandidates } from '../udp/description.js'
import { type MappedPlace, ownCandidates } from './own-candidates.js'
import { makeOwnKey, makeSessionId, pairIdOf, pairKeyOf } from './pair-key.js'
import { Prober } from './prober.js'
import { ProofFrames, proofFrameBytes } from './proof-frame.js'
import type { QuicConnection, QuicSocket, UdpPlace } from './quic.js'
import { type Announcement, capabilitiesOf, readAnnouncement, rendezvousOf, statusOf } from './signals.js'
import { StreamTransport } from './stream-transport.js'

/** Options of a {@link GoPath}. */
export interface GoPathOptions {
  /** Source of time. */
  readonly clock: Clock
  /** Receives the log, without secrets. */
  readonly logger: Logger
  /** Limits of its sessions, which are base sessions. */
  readonly session: Pick<
    SessionOptions,
    'clock' | 'logger' | 'budgetBytes' | 'parentBudget' | 'idleLimitMs' | 'compressor'
  >
  /** Opens the UDP socket. @throws DirectError where the native part is missing */
  openSocket(): Promise<QuicSocket>
  /** Servers that report our address outside of a NAT, `host:port`. */
  readonly addressServers: readonly string[]
  /** Which addresses of this machine the peer receives. */
  readonly hostCandidates: HostCandidates
  /** Opens a UDP port of ours at the router; `outside` waits at most that many milliseconds for the place there. */
  readonly mapPort?: ((port: number) => MappedPlace | undefined) | undefined
  /** Sends a message to the server, which passes it on. */
  send(message: Uint8Array): void
  /** Receives the channels of a peer, and the events of all. */
  readonly sessionHandler: Pick<SessionHandler, 'onConnect' | 'onChannelOpened' | 'onChannelClosed'>
  /** Called when there is a path, or none any more. */
  onPath(state: 'up' | 'down', reason: string): void
  /** Called when a path could not be opened; another attempt follows. */
  onFailed(error: Error): void
}

/** Time for probes, and for a connection, in milliseconds: those of Go. */
const probeLimitMs = 6000
const dialLimitMs = 3000
const helloLimitMs = 2000
/**
 * Time to probe a known address again, in milliseconds. The peer does not answer probes any more once it has changed to
 * QUIC, so the address is then tried without an answer.
 */
const reprobeLimitMs = 1000
/** Delay before the next attempt, in milliseconds; it doubles up to a minute. */
const firstDelayMs = 2000
const maxDelayMs = 60_000
/**
 * Time between further probes to an address that has answered, in milliseconds: Go stops reading probes only when
 * another packet arrives.
 */
const nudgeMs = 40
const nudges = 4
/** Streams at one time: Go accepts 100, and a further one would wait. Further connections use the server. */
const maxStreams = 90

/**
 * Direct path to a program of Go LinkSocks 1.10 (protocol.md §1.9), over QUIC. This end always dials: its id is the
 * smaller one, so the connection that it has dialled wins.
 */
export class GoPath {
  readonly #options: GoPathOptions
  readonly #id = makeSessionId()
  readonly #key = makeOwnKey()
  readonly #pause: Pause
  /** Each announcement with another key has its addresses tried anew. */
  readonly #allowance: DialAllowance
  #socket: Promise<QuicSocket> | undefined
  #mapped: MappedPlace | undefined
  #own: Announcement | undefined
  #peer: Announcement | undefined
  #prober: Prober | undefined
  #session: Session | undefined
  #transport: StreamTransport | undefined
  /** Whether its own addresses are being looked for. */
  #isSearching = false
  #isClosed = false

  constructor(options: GoPathOptions) {
    this.#options = options
    this.#pause = new Pause(options.clock)
    this.#allowance = new DialAllowance(options.clock, maxUdpTried)
  }

  /** Session for new channels; undefined without a path, or where it has its most streams. */
  get direct(): Session | undefined {
    return (this.#transport?.streamCount ?? 0) < maxStreams ? this.#session : undefined
  }

  /** Its session, until it has ended. */
  get session(): Session | undefined {
    return this.#session
  }

  /** Whether this process has announced itself to a server that passes signals on. */
  get isAnnounced(): boolean {
    return this.#own !== undefined
  }

  /** Handles a server that passes signals on: announces this process. */
  async serverAllows(): Promise<void> {
    // A server that repeats itself gets one answer: each search asks all servers for our address.
    if (this.#isClosed || this.#isSearching) return
    this.#isSearching = true
    try {
      const socket = await (this.#socket ?? this.#begin())
      const { clock, addressServers: servers, hostCandidates: hosts } = this.#options
      this.#mapped ??= this.#options.mapPort?.(socket.port)
      this.#own ??= {
        id: this.#id,
        publicKey: this.#key.publicKey,
        candidates: await ownCandidates({ socket, clock, servers, hosts, mapped: this.#mapped }),
      }
    } catch (error) {
      this.#options.logger.debug({ err: error }, `no direct paths with Go programs: ${textOf(error)}`)
      return
    } finally {
      this.#isSearching = false
    }
    this.#tell(capabilitiesOf(this.#own))
  }

  /** Handles a signal of another process. */
  receive(message: DirectMessage): void {
    const announced = readAnnouncement(message, this.#id)
    if (announced === undefined || this.#isClosed || this.#own === undefined) return
    const own = ownAddresses()
    const peer = { ...announced, candidates: announced.candidates.filter(({ addr }) => mayDial(addr, own)) }
    // A Go server passes on the signals of all processes; one path is enough.
    if (this.#session !== undefined && peer.id !== this.#peer?.id) return
    if (message.type === MessageType.DirectCapabilities) this.#tell(rendezvousOf(this.#own, peer.id))
    const isKnown = peer.id === this.#peer?.id && peer.publicKey.equals(this.#peer.publicKey)
    this.#peer = peer
    this.#pause.end()
    if (!isKnown) void this.#run(peer)
  }

  /** Ends the path and its channels. */
  close(reason: string): void {
    this.#isClosed = true
    this.#pause.end()
    this.#prober?.end()
    this.#session?.close(reason)
    // One that cannot be opened was logged.
    this.#socket?.then(
      (socket) => socket.close(),
      () => {},
    )
  }

  #begin(): Promise<QuicSocket> {
    const opening = this.#open()
    this.#socket = opening
    // The next link to the server tries again.
    opening.catch(() => {
      if (this.#socket === opening) this.#socket = undefined
    })
    return opening
  }

  async #open(): Promise<QuicSocket> {
    const socket = await this.#options.openSocket()
    if (this.#isClosed) socket.close()
    socket.onPacket((packet, from) => this.#prober?.receive(packet, from))
    return socket
  }

  #tell(message: DirectMessage): void {
    this.#options.send(encode(message))
  }

  /** Opens paths to a peer, one after the other, until another one takes its place. */
  async #run(peer: Announcement): Promise<void> {
    const pairId = pairIdOf(this.#id, peer.id)
    const isCurrent = (): boolean => !this.#isClosed && this.#peer?.publicKey.equals(peer.publicKey) === true
    let known: UdpPlace | undefined
    for (let failures = 0; isCurrent();) {
      try {
        const key = pairKeyOf(pairId, this.#key, peer.publicKey)
        known = await this.#findPlace(pairId, key, known)
        const connection = await this.#dial(known, pairId, key)
        failures = 0
        if (!isCurrent()) return connection.close()
        await this.#use(connection)
      } catch (error) {
        if (!isCurrent()) return
        this.#tell(statusOf(pairId, 'failed', textOf(error)))
        this.#options.onFailed(error as Error)
        await this.#pause.wait(Math.min(maxDelayMs, firstDelayMs * 2 ** failures++))
      }
    }
  }

  /** Finds an address of the peer from which packets arrive. */
  async #findPlace(pairId: string, key: Uint8Array, known: UdpPlace | undefined): Promise<UdpPlace> {
    const { clock } = this.#options
    const prober = new Prober(await this.#socket!, clock, pairId, key)
    // One at a time: each signal with another key would cause packets to many addresses for seconds.
    this.#prober?.end()
    this.#prober = prober
    this.#tell(statusOf(pairId, 'probing'))
    const limitMs = known === undefined ? probeLimitMs : reprobeLimitMs
    const candidates = this.#peer?.candidates.filter(() => this.#allowance.take()) ?? []
    const place = (await prober.find(candidates, limitMs)) ?? known
    if (place === undefined) throw new DirectError('ERR_DIRECT_PATH', 'no address of the Go program answers')
    this.#tell(statusOf(pairId, 'ready'))
    for (let sent = 0; sent < nudges; sent++) {
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, nudgeMs))
      prober.nudge(place)
    }
    return place
  }

  async #dial(place: UdpPlace, pairId: string, key: Uint8Array): Promise<QuicConnection> {
    const socket = await this.#socket!
    const connection = await socket.dial(place, dialLimitMs)
    const { clock } = this.#options
    const timer = clock.setTimeout(() => connection.close(), helloLimitMs)
    try {
      await sayHello(connection, new ProofFrames('hello', pairId, key))
      return connection
    } catch (error) {
      connection.close()
      throw error
    } finally {
      clock.clearTimeout(timer)
    }
  }

  /** Carries channels over a connection until it ends. */
  #use(connection: QuicConnection): Promise<void> {
    const { sessionHandler, onPath } = this.#options
    return new Promise((resolve) => {
      const transport = new StreamTransport(connection)
      const session = new Session(
        { ...this.#options.session, extensions: [] },
        {
          ...sessionHandler,
          onClose: (reason) => {
            this.#session = undefined
            this.#transport = undefined
            onPath('down', reason)
            resolve()
          },
        },
      )
      session.attach(transport)
      this.#transport = transport
      this.#session = session
      onPath('up', 'a Go program answers over QUIC')
    })
  }
}

/** Proves the key of the pair in the first stream. @throws DirectError for a peer that does not */
async function sayHello(connection: QuicConnection, frames: ProofFrames): Promise<void> {
  const stream = connection.open()
  const hello = frames.make('ask')
  await stream.write(hello)
  let answer = Buffer.alloc(0)
  while (answer.length < proofFrameBytes) {
    const chunk = await stream.read()
    if (chunk === undefined) break
    answer = Buffer.concat([answer, chunk])
  }
  stream.close()
  const ack = frames.read(answer)
  if (ack?.type !== 'answer' || !ack.nonce.equals(frames.read(hello)!.nonce))
    throw new DirectError('ERR_DIRECT_PROTOCOL', 'the peer at the end of the QUIC connection does not have the key')
}
