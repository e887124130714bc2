import { type Clock, formatHostPort } from '@ls/foundation'
import type { Channel, ChannelCloseReason, ForwardedChannel, Session } from '@ls/mux'
import { type Moved, movedBy, type Outcome, outcomeOf, outcomeOfForwarded } from '@ls/relay'
import type { Peer } from '../links/peer.js'
import { tenantName } from '../tokens/tenant.js'

/** Record of a connection that has ended, for an access log. */
export interface ConnectionRecord {
  /** Name in the policy of its token, or its id as in lists of tokens; empty for a proxy port of the server itself. */
  readonly tenant: string
  /** Kind of the token: `forward`, `reverse` or `connector`; `own` for a proxy port of the server itself. */
  readonly role: string
  /** Address of the client whose link carried it; empty for a proxy port of the server itself. */
  readonly peer: string
  /** Transport protocol of the connection. */
  readonly protocol: 'tcp' | 'udp'
  /** `host:port`; empty for UDP, where each datagram names its own. */
  readonly target: string
  /** Payload bytes sent to the target. */
  readonly bytesToTarget: number
  /** Payload bytes received from the target. */
  readonly bytesFromTarget: number
  /** Time from the request to the end, in milliseconds. */
  readonly durationMs: number
  /** `ok`, `aborted`, `cancelled`, `link-lost`, or a word of protocol.md §4 if the target was not reached. */
  readonly reason: Outcome
}

/** Creates records of connections that have ended. */
export class ConnectionRecords {
  readonly #clock: Clock
  readonly #report: (connection: ConnectionRecord) => void
  /** Peers by session. Sessions that have ended may still have forwarded channels that end later. */
  readonly #peers = new WeakMap<Session, Peer>()

  constructor(clock: Clock, report: (connection: ConnectionRecord) => void) {
    this.#clock = clock
    this.#report = report
  }

  linked(peer: Peer): void {
    this.#peers.set(peer.session, peer)
  }

  /** Records a channel that ended here; without a peer it is one of the server's own proxy ports. */
  ended(peer: Peer | undefined, channel: Channel, reason: ChannelCloseReason): void {
    this.#report(this.#record(peer, channel, movedBy(channel), outcomeOf(channel, reason)))
  }

  /** Records a channel from a connector to a provider that has ended. */
  forwardedEnded({ channel, from }: { readonly channel: ForwardedChannel; readonly from: Session }): void {
    const moved = { bytesToTarget: channel.sentBytes, bytesFromTarget: channel.receivedBytes }
    this.#report(this.#record(this.#peers.get(from), channel.request, moved, outcomeOfForwarded(channel)))
  }

  #record(
    peer: Peer | undefined,
    { address, protocol, openedAtMs }: Channel,
    { bytesToTarget, bytesFromTarget }: Pick<Moved, 'bytesToTarget' | 'bytesFromTarget'>,
    reason: Outcome,
  ): ConnectionRecord {
    return {
      tenant: peer === undefined ? '' : tenantName(peer.record),
      role: peer?.record.kind ?? 'own',
      peer: peer?.remoteAddress ?? '',
      protocol,
      target: address === undefined ? '' : formatHostPort(address.host, address.port),
      bytesToTarget,
      bytesFromTarget,
      durationMs: Math.round(this.#clock.now() - openedAtMs),
      reason,
    }
  }
}
