import { type Clock, textOf, type TimerHandle } from '@ls/foundation'
import { DirectError } from '../errors.js'
import { ownAddresses } from '../host-addresses.js'
import type { DirectOptions } from '../options.js'
import type { DirectConnection, IncomingPath, OutgoingPath, Puncher } from '../puncher.js'
import { DialAllowance, maxUdpTried } from '../tcp/dial-allowance.js'
import type { PortMapper } from '../upnp/port-mapper.js'
import { type MappedPort, SharedPort } from '../upnp/shared-port.js'
import { ChannelTransport, maxChannelMessageBytes } from './channel-transport.js'
import {
  candidateCount,
  fingerprintOf,
  type HostCandidates,
  splitCandidates,
  withCandidates,
  withMapped,
} from './description.js'
import { withDialable } from './dialable-candidates.js'
import { loadNative, type NativeChannel, type NativeModule, type NativePeer, OpenPeers } from './native.js'

/** Options of a {@link NativePuncher}. */
interface NativePuncherOptions {
  /** Native module, loaded with `loadNative`. */
  readonly native: NativeModule
  readonly clock: Clock
  /** STUN servers, `host:port`, which report the address that a NAT assigns; no others are used. */
  readonly stunServers: readonly string[]
  readonly hostCandidates: HostCandidates
  /** Port of all connections, which a router passes on to us. @default one for each connection */
  readonly sharedPort?: SharedPort | undefined
}

/**
 * Loads the puncher for UDP. With `mapper` its port is opened at the router.
 *
 * @throws DirectError `ERR_DIRECT_UNAVAILABLE` where the native part is missing
 */
export async function loadNativePuncher(options: DirectOptions, clock: Clock, mapper?: PortMapper): Promise<Puncher> {
  const { stunServers = [], hostCandidates = 'auto' } = options
  const native = await loadNative()
  const sharedPort = mapper && new SharedPort(mapper)
  return new NativePuncher({ native, clock, stunServers, hostCandidates, sharedPort })
}

/** Time for STUN servers to answer, in milliseconds; then the addresses known so far are used. */
const gatheringMs = 2000

/**
 * Time for a router to answer, in milliseconds, beside the time for STUN servers. It is spent once: later attempts know
 * the answer.
 */
const mappingMs = 2000

/**
 * Time for the answer to reach the connector, in milliseconds. Where packets of the provider reach it first, they are
 * lost, and sent again after a second; where they arrive at that very moment, the library may check the certificate
 * before it knows the fingerprint, and fail.
 */
const answerLeadMs = 300

/** Time for a path to open, in milliseconds: NATs answer within a second, lost packets are sent again. */
const openMs = 10_000

/** Opens connections with WebRTC data channels: ICE (RFC 8445) through NATs, DTLS (RFC 8261) for encryption. */
class NativePuncher implements Puncher {
  readonly #options: NativePuncherOptions
  readonly #allowance: DialAllowance

  constructor(options: NativePuncherOptions) {
    this.#options = options
    this.#allowance = new DialAllowance(options.clock, maxUdpTried)
  }

  async offer(): Promise<OutgoingPath> {
    const attempt = await this.#begin()
    const opened = attempt.opened(attempt.createChannel())
    const offer = await attempt.describe()
    return {
      offer,
      accept: (answer) => {
        const dialable = this.#dialable(answer)
        attempt.meet(dialable, 'answer')
        return attempt.connect(opened, `${fingerprintOf(offer)} ${fingerprintOf(dialable)}`)
      },
      close: () => attempt.close(),
    }
  }

  async answer(offer: string, onOpened: (connection: DirectConnection) => void): Promise<IncomingPath> {
    const offered = fingerprintOf(offer)
    const attempt = await this.#begin()
    const opened = new Promise<NativeChannel>((resolve) => {
      // Messages may follow immediately, so the channel gets its reader within this call.
      attempt.peer.onDataChannel((channel) => resolve(attempt.keep(channel)))
    })
    const { sdp, candidates, mid } = splitCandidates(this.#dialable(offer))
    attempt.meet(sdp, 'offer')
    const answer = await attempt.describe()
    attempt.probeLater(candidates, mid)
    const connected = attempt.connect(opened, `${offered} ${fingerprintOf(answer)}`).then(onOpened)
    // It may fail before the caller waits for it.
    connected.catch(() => {})
    return {
      answer,
      opened: connected,
      close: () => attempt.close(),
    }
  }

  #dialable(sdp: string): string {
    return withDialable(sdp, { own: ownAddresses(), take: () => this.#allowance.take() })
  }

  async #begin(): Promise<Attempt> {
    const { sharedPort } = this.#options
    return new Attempt(this.#options, await sharedPort?.current)
  }
}

const label = 'linksocks'

/** Open connections of all clients in the process. */
const openPeers = new OpenPeers()

/** Words of the library where it cannot open its port. */
const portError = 'Failed to gather local ICE candidates'

/** Attempt to open a path: one peer connection. */
class Attempt {
  readonly peer: NativePeer
  readonly #options: NativePuncherOptions
  readonly #shared: MappedPort | undefined
  readonly #gathered: Promise<void>
  /** Referenced here: a channel without a reference is collected, with its messages. */
  #transport: ChannelTransport | undefined
  #isClosed = false
  #timer: TimerHandle
  readonly #onClosed: () => void
  #fail: (error: Error) => void = () => {}

  constructor(options: NativePuncherOptions, shared: MappedPort | undefined) {
    this.#options = options
    this.#shared = shared
    const iceServers = options.stunServers.map((server) => `stun:${server}`)
    const port = shared && { enableIceUdpMux: true, portRangeBegin: shared.port, portRangeEnd: shared.port }
    const config = { iceServers, maxMessageSize: maxChannelMessageBytes, ...port }
    this.peer = new options.native.PeerConnection(label, config)
    this.#onClosed = openPeers.opened(options.native)
    this.#gathered = new Promise((resolve) => {
      const timer = options.clock.setTimeout(resolve, gatheringMs)
      this.peer.onGatheringStateChange((state) => {
        if (state !== 'complete') return
        options.clock.clearTimeout(timer)
        resolve()
      })
    })
    this.peer.onStateChange((state) => {
      if (state === 'failed' || state === 'closed') this.#lost()
    })
  }

  /** Returns the local description when its addresses are known. @throws DirectError if there are none */
  async describe(): Promise<string> {
    const [mapped] = await Promise.all([this.#shared?.mapping?.outside(mappingMs), this.#gathered])
    const own = withCandidates(this.peer.localDescription()?.sdp ?? '', this.#options.hostCandidates)
    const sdp = mapped === undefined ? own : withMapped(own, mapped)
    if (candidateCount(sdp) > 0) return sdp
    this.close()
    throw new DirectError('ERR_DIRECT_PATH', 'there is no address to send to the peer: no STUN server has answered')
  }

  /** Sets the peer's description. @throws DirectError for one that the library does not accept */
  meet(sdp: string, type: 'offer' | 'answer'): void {
    try {
      this.peer.setRemoteDescription(sdp, type)
    } catch (error) {
      this.close()
      this.#checkPort(error)
      throw new DirectError('ERR_DIRECT_PROTOCOL', `the peer's description of the path is not valid: ${textOf(error)}`)
    }
  }

  /** Begins to try the peer's addresses, when it has the answer. */
  probeLater(candidates: readonly string[], mid: string): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      for (const candidate of candidates) this.#addCandidate(candidate, mid)
    }, answerLeadMs)
  }

  #addCandidate(candidate: string, mid: string): void {
    try {
      this.peer.addRemoteCandidate(candidate, mid)
    } catch {
      // One that is not valid, or of a connection that has just failed: the others may do.
    }
  }

  /** @throws DirectError where the port is taken */
  createChannel(): NativeChannel {
    try {
      return this.peer.createDataChannel(label)
    } catch (error) {
      this.close()
      this.#checkPort(error)
      throw error
    }
  }

  /** Handles an error of the library with a port that another program has opened since it was chosen. */
  #checkPort(error: unknown): void {
    if (this.#shared === undefined || !textOf(error).includes(portError)) return
    this.#options.sharedPort?.replace(this.#shared)
    const text = `another program has opened UDP port ${this.#shared.port}; the next attempt uses another one`
    throw new DirectError('ERR_DIRECT_PATH', text, { cause: error })
  }

  opened(channel: NativeChannel): Promise<NativeChannel> {
    this.keep(channel)
    return new Promise((resolve) => channel.onOpen(() => resolve(channel)))
  }

  keep(channel: NativeChannel): NativeChannel {
    this.#transport = new ChannelTransport({
      channel,
      clock: this.#options.clock,
      roundTripMs: () => this.peer.rtt() || undefined,
      release: () => this.close(),
    })
    return channel
  }

  async connect(opened: Promise<NativeChannel>, binding: string): Promise<DirectConnection> {
    let timer: TimerHandle
    const failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject
      const text = `no direct path opened within ${openMs} ms: a NAT or a firewall on the way does not let it through`
      timer = this.#options.clock.setTimeout(() => reject(new DirectError('ERR_DIRECT_PATH', text)), openMs)
    })
    try {
      await Promise.race([opened, failed])
    } catch (error) {
      this.close()
      throw error
    } finally {
      this.#options.clock.clearTimeout(timer)
    }
    return { transport: this.#transport!, binding, protocol: 'udp' }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#options.clock.clearTimeout(this.#timer)
    this.peer.close()
    this.#onClosed()
    this.#lost()
  }

  #lost(): void {
    this.#fail(new DirectError('ERR_DIRECT_PATH', 'no direct path opened: no pair of addresses reaches the other end'))
    this.#transport?.destroy()
  }
}
