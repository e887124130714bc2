import type { Snapshot } from '@ls/foundation'
import type { Channel, ChannelCloseReason, ForwardedChannel, Session } from '@ls/mux'
import { type Moved, movedBy, type Outcome, outcomeOf, outcomeOfForwarded, SessionCounts, Traffic } from '@ls/relay'
import type { Peer } from '../links/peer.js'
import type { Connection } from '../reverse/channel-forwarder.js'
import type { TokenRecord } from '../tokens/token-registry.js'
import { TokenTraffic } from './token-traffic.js'

/** Cause of a refusal. `token` also covers a token of the wrong kind; `handshake` covers every other mistake. */
export type RefusalCause = 'token' | 'api-key' | 'policy' | 'throttled' | 'crowded' | 'handshake'

/** Channels that are open now. */
export interface OpenChannels {
  readonly peers: Iterable<Peer>
  readonly forwarded: Iterable<Connection>
  /** Session of the server's own proxy ports. */
  readonly own: Session | undefined
}

/** Counters of the server itself; all other numbers are read from the parts that have them. */
export class ServerCounts {
  readonly sessions = new SessionCounts()
  /** Tokens by session. Sessions that have ended may still have forwarded channels that end later. */
  readonly #records = new WeakMap<Session, TokenRecord>()
  readonly #traffic = new Traffic()
  readonly #tokens = new TokenTraffic()
  readonly #refusals: Record<RefusalCause, number> = {
    token: 0,
    'api-key': 0,
    policy: 0,
    throttled: 0,
    crowded: 0,
    handshake: 0,
  }

  /** Counts a forwarded channel that has ended. */
  readonly forwardedEnded = ({ channel, from }: Connection): void => {
    const record = this.#records.get(from)
    this.#add(record, movedByForwarded(channel), outcomeOfForwarded(channel))
    this.#onEnded(record, channel)
  }

  readonly #onEnded: (record: TokenRecord | undefined, channel: Channel | ForwardedChannel) => void

  /**
   * @param onEnded Called when a channel of either kind has ended; without a token it is one of the server's own proxy
   * ports.
   */
  constructor(onEnded: (record: TokenRecord | undefined, channel: Channel | ForwardedChannel) => void = () => {}) {
    this.#onEnded = onEnded
  }

  /** Number of refusals by cause. */
  get refusals(): Readonly<Record<RefusalCause, number>> {
    return this.#refusals
  }

  /** Counts a link: the first of its session or a later one. */
  linked(session: Session, record: TokenRecord): void {
    this.#records.set(session, record)
    this.sessions.linked(session)
  }

  refused(cause: RefusalCause): void {
    this.#refusals[cause]++
  }

  /** Counts a channel that ended here; without a token it is one of the server's own proxy ports. */
  ended(record: TokenRecord | undefined, channel: Channel, reason: ChannelCloseReason): void {
    this.#add(record, movedBy(channel), outcomeOf(channel, reason))
    this.#onEnded(record, channel)
  }

  /** All totals, with the channels that are open now. */
  snapshot(open: OpenChannels): Pick<Snapshot, 'traffic' | 'endedChannels' | 'tokens'> {
    const running = [...openChannels(open)]
    return {
      ...this.#traffic.snapshot(running.map(([record, moved]) => [roleOf(record), moved])),
      tokens: this.#tokens.snapshot(
        running.flatMap(([record, moved]) => (record === undefined ? [] : [[record, moved] as const])),
      ),
    }
  }

  #add(record: TokenRecord | undefined, moved: Moved, outcome: Outcome): void {
    this.#traffic.ended(roleOf(record), moved, outcome)
    if (record !== undefined) this.#tokens.ended(record, moved)
  }
}

function roleOf(record: TokenRecord | undefined): string {
  return record?.kind ?? 'own'
}

function* openChannels({ peers, forwarded, own }: OpenChannels): Generator<[TokenRecord | undefined, Moved]> {
  const recordOf = new Map<Session, TokenRecord>()
  for (const { session, record } of peers) {
    recordOf.set(session, record)
    for (const channel of session.channels()) yield [record, movedBy(channel)]
  }
  for (const { channel, from } of forwarded) yield [recordOf.get(from), movedByForwarded(channel)]
  for (const channel of own?.channels() ?? []) yield [undefined, movedBy(channel)]
}

/** Bytes that a forwarded channel moved. */
export function movedByForwarded(channel: ForwardedChannel): Moved {
  const { protocol, sentBytes, receivedBytes, sentDatagrams, receivedDatagrams, unsentBytes, windowStalls } = channel
  return {
    protocol,
    bytesToTarget: sentBytes,
    bytesFromTarget: receivedBytes,
    queuedBytes: 0,
    unsentBytes,
    windowStalls,
    datagramsToTarget: sentDatagrams,
    datagramsFromTarget: receivedDatagrams,
    droppedDatagrams: channel.request.droppedDatagrams,
  }
}
