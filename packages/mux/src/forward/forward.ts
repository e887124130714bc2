import type { Address } from '@ls/codec'
import { connectMessage, disconnectMessage, rejectMessage } from '../channel/channel-messages.js'
import type { Channel } from '../channel/channel.js'
import { channelEndOf, sessionEndOf } from '../session/ends.js'
import type { SessionEnd } from '../session/session-end.js'
import type { Session } from '../session/session.js'
import { ForwardedHalf } from './forwarded-half.js'
import type { ForwardPace } from './pacing.js'

/** A forwarded channel: payload bytes each way, and its two ends. */
export interface ForwardedChannel {
  /** 16 bytes, the same on both links. */
  readonly id: Uint8Array
  /** Kind of data: a stream of bytes or datagrams. */
  readonly protocol: 'tcp' | 'udp'
  /** The channel as its opener requested it. */
  readonly request: Channel
  /** Payload bytes from the opener to the target; for UDP, bytes on the wire. */
  readonly sentBytes: number
  /** Payload bytes from the target to the opener; for UDP, bytes on the wire. */
  readonly receivedBytes: number
  /** Datagrams from the opener to the target. */
  readonly sentDatagrams: number
  /** Datagrams from the target to the opener. */
  readonly receivedDatagrams: number
  /** Bytes of both directions that wait for their link. */
  readonly unsentBytes: number
  /** Number of waits of either direction for credit that its link's peer grants to this process. */
  readonly windowStalls: number
  /** The target side's error in its answer to Connect, if it refused. */
  readonly refusal: string | undefined
  /** Ends the channel on both links immediately. */
  abort(error: string): void
}

/** Options of {@link forward}. */
export interface ForwardChannelOptions {
  /** Target to request from `to`. @default the opener's target, unchanged */
  readonly address?: Address | undefined
  /** Rates of the channel. With rates, its credit does not pass from end to end. @default no limit */
  readonly pace?: ForwardPace | undefined
  /** Called once when both ends are gone. */
  readonly onClose?: (() => void) | undefined
}

/**
 * Forwards an unanswered channel of a peer of `from` to `to`, with its id and with undecoded payload (agent mode,
 * protocol.md §1). Returns undefined if the channel is gone, or was refused because `to` cannot take it.
 *
 * If both links have `window`, credit passes from end to end and nothing is granted here. If only one has, this side
 * grants credit as the other link's writes drain, and a full base link stops reading on the other.
 */
export function forward(
  channel: Channel,
  from: Session,
  to: Session,
  { address = channel.address, ...how }: ForwardChannelOptions = {},
): ForwardedChannel | undefined {
  if (!mayForward(channel)) return undefined
  const refusal = refusalOf(to)
  if (refusal !== undefined) {
    channel.reject(refusal)
    return undefined
  }
  const pending = channelEndOf(channel).handOver()
  const pair = new ForwardedPair(channel, sessionEndOf(from), sessionEndOf(to), how)
  if (!pair.connect(address)) return undefined
  for (const message of pending) pair.opener.replay(message)
  return pair
}

/**
 * Forwards a channel as {@link forward} does, where the peer of `to` has accepted it as an offer. `message` is the
 * peer's first message; call this in the turn of the event loop in which it arrived.
 */
export function forwardAccepted(
  channel: Channel,
  from: Session,
  to: Session,
  message: Uint8Array,
  how: Omit<ForwardChannelOptions, 'address'> = {},
): ForwardedChannel | undefined {
  if (!mayForward(channel)) {
    sessionEndOf(to).sendControl(disconnectMessage(channel.id, ''))
    return undefined
  }
  const pending = channelEndOf(channel).handOver()
  const pair = new ForwardedPair(channel, sessionEndOf(from), sessionEndOf(to), how)
  if (!pair.adopt()) return undefined
  pair.target.replay(message)
  pair.openWindows()
  for (const early of pending) pair.opener.replay(early)
  return pair
}

/** Whether the channel can be forwarded. @throws TypeError for a channel that this side opened, or that is answered */
function mayForward(channel: Channel): boolean {
  if (channel.state === 'closed') return false
  if (channel.initiator || channel.state === 'open')
    throw new TypeError('only a channel not answered yet can be forwarded')
  return true
}

function refusalOf(to: Session): string | undefined {
  if (to.state === 'closed') return 'no-provider: the link to the provider is closed'
  return to.full ? `forbidden: the provider's link has ${to.channelCount} channels, its limit` : undefined
}

class ForwardedPair implements ForwardedChannel {
  readonly request: Channel
  readonly opener: ForwardedHalf
  readonly target: ForwardedHalf
  readonly #onClose: (() => void) | undefined
  #openHalves = 2

  constructor(request: Channel, from: SessionEnd, to: SessionEnd, { pace, onClose }: ForwardChannelOptions) {
    this.request = request
    this.#onClose = onClose
    // A rate holds bytes back here, so credit is granted here too.
    const direct = pace === undefined && passesCredit(from, to)
    const onHalfClosed = (): void => this.#halfClosed()
    this.opener = new ForwardedHalf({ host: from, request, role: 'opener', direct, pace, onClose: onHalfClosed })
    this.target = new ForwardedHalf({ host: to, request, role: 'target', direct, pace, onClose: onHalfClosed })
    this.opener.join(this.target)
    this.target.join(this.opener)
  }

  get id(): Uint8Array {
    return this.request.id
  }

  get protocol(): 'tcp' | 'udp' {
    return this.request.protocol
  }

  get sentBytes(): number {
    return this.opener.receivedBytes
  }

  get receivedBytes(): number {
    return this.target.receivedBytes
  }

  get sentDatagrams(): number {
    return this.opener.receivedDatagrams
  }

  get receivedDatagrams(): number {
    return this.target.receivedDatagrams
  }

  get unsentBytes(): number {
    return this.opener.queue.bytes + this.target.queue.bytes
  }

  get windowStalls(): number {
    return this.opener.queue.flow.stalls + this.target.queue.flow.stalls
  }

  get refusal(): string | undefined {
    return this.opener.refusal
  }

  /** Registers the id on both links and forwards Connect; refuses if the id is in use. */
  connect(address: Address | undefined): boolean {
    const { target, request } = this
    if (!this.adopt()) return false
    const connect = connectMessage(request.id, request.protocol, address)
    target.host.sendControl(target.host.options.trace?.append(connect, request.traceparent) ?? connect)
    this.openWindows()
    return true
  }

  /** Grants both peers the rest of their first windows, where this side grants them: both have the channel now. */
  openWindows(): void {
    this.target.openWindow()
    this.opener.openWindow()
  }

  /** Registers the id on both links; refuses if it is in use. */
  adopt(): boolean {
    const { opener, target, request } = this
    if (target.host.adopt(target)) {
      if (opener.host.adopt(opener)) return true
      target.host.forget(target)
    }
    opener.host.sendControl(rejectMessage(request.id, 'forbidden: the channel id is in use'))
    return false
  }

  abort(error: string): void {
    this.opener.abort(error)
  }

  #halfClosed(): void {
    if (--this.#openHalves > 0) return
    try {
      this.#onClose?.()
    } catch (error) {
      this.opener.host.options.logger.error({ err: error }, 'the owner of a forwarded channel threw in onClose')
    }
  }
}

/** Whether credit passes through: both links count it and neither end would be granted more than it allows. */
function passesCredit(from: SessionEnd, to: SessionEnd): boolean {
  const a = from.options
  const b = to.options
  return a.window && b.window && a.peerWindowBytes >= b.windowBytes && b.peerWindowBytes >= a.windowBytes
}
