import { type Address, channelKey, formatChannelId, parseUuid } from '@ls/codec'
import type { Channel, ForwardedChannel, Session } from '@ls/mux'
import { parseTarget, RelayError } from '@ls/relay'
import { type ClientInfo, describeClient } from '../events.js'
import type { Peer } from '../links/peer.js'
import type { ChannelForwarder } from './channel-forwarder.js'

/** Snapshot of one proxied connection. */
export interface ChannelInfo {
  /** The channel's id on the wire, as 8-4-4-4-12 hex digits. */
  readonly id: string
  /** Protocol of the connection. */
  readonly protocol: 'tcp' | 'udp'
  /** Target of the connection; undefined for UDP, where each datagram names its own. */
  readonly target: Address | undefined
  /**
   * Client whose link carries it: in forward mode the client, in reverse mode the provider, in agent mode the
   * connector.
   */
  readonly client: ClientInfo
  /** Payload bytes that went towards the target, uncompressed. */
  readonly bytesToTarget: number
  /** Payload bytes that came back, uncompressed. */
  readonly bytesFromTarget: number
  /** Time of creation, in milliseconds of the server's clock. */
  readonly openedAtMs: number
  /** Whether it is forwarded from a connector to a provider. */
  readonly forwarded: boolean
}

/** Lists the channels that end here or are forwarded now. */
export function* listChannels(peers: ReadonlySet<Peer>, channelForwarder: ChannelForwarder): Generator<ChannelInfo> {
  const peerOf = new Map<Session, Peer>()
  for (const peer of peers) {
    peerOf.set(peer.session, peer)
    for (const channel of peer.session.channels()) yield describe(channel, peer)
  }
  for (const { channel, from } of channelForwarder) {
    const peer = peerOf.get(from)
    if (peer !== undefined) yield describeForwarded(channel, peer)
  }
}

/**
 * Closes the channels with this id; false if there are none. Ids are random: two clients share one only if one of them
 * does so on purpose.
 */
export function closeChannel(id: string, sessions: Iterable<Session>, channelForwarder: ChannelForwarder): boolean {
  const bytes = parseUuid(id)
  if (bytes === undefined) return false
  const key = channelKey(bytes)
  const ending = [...sessions].flatMap((session) => [...session.channels()].filter((channel) => channel.key === key))
  const passing = [...channelForwarder].map(({ channel }) => channel).filter(({ request }) => request.key === key)
  const found = [...ending, ...passing]
  for (const channel of found) channel.abort(closedByHand)
  return found.length > 0
}

/** Reason that users receive. Begins with a word of protocol.md §4. */
const closedByHand = 'forbidden: closed by the administrator'

function describe(channel: Channel, peer: Peer): ChannelInfo {
  const { id, protocol, address, initiator, sentBytes, receivedBytes, openedAtMs } = channel
  // The target could not be parsed and was refused: the channel is closing.
  const target = address === undefined ? undefined : parseTarget(address)
  return {
    id: formatChannelId(id),
    protocol,
    target: target instanceof RelayError ? undefined : target,
    client: describeClient(peer),
    // The target is on the side that did not open the channel.
    bytesToTarget: initiator ? sentBytes : receivedBytes,
    bytesFromTarget: initiator ? receivedBytes : sentBytes,
    openedAtMs,
    forwarded: false,
  }
}

function describeForwarded({ request, sentBytes, receivedBytes }: ForwardedChannel, peer: Peer): ChannelInfo {
  return {
    ...describe(request, peer),
    bytesToTarget: sentBytes,
    bytesFromTarget: receivedBytes,
    forwarded: true,
  }
}
