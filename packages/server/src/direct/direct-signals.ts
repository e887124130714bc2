import { decode, type DirectMessage, encode, type Message, MessageType, peekType } from '@ls/codec'
import type { Clock, Logger, TimerHandle } from '@ls/foundation'
import type { Peer } from '../links/peer.js'
import type { ReverseToken, TokenRecord } from '../tokens/token-registry.js'
import { withoutMigration } from './signal-body.js'

export interface DirectSignalsOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Whether the rules of its token allow a client to have a direct path. */
  isAllowed(peer: Peer): boolean
  /** Whether a connector's channels may go to that provider. */
  reaches(connector: Peer, provider: Peer): boolean
}

/** Announcements of direct paths by which the programs of Go LinkSocks 1.10 recognize each other (protocol.md §2). */
const serverHello = 'linksocks_server_hello:direct_signaling=1'
const clientHello = /^linksocks_client_hello:.*\bdirect_signaling=1/
/**
 * How long a process without a link keeps its place, in milliseconds: Go dials again within seconds, with the same
 * instance, and announces its addresses only once.
 */
const graceMs = 60_000
/** Most processes of one reverse token, and of all: more are not signalled. Each may keep an announcement of 8 KiB. */
const maxParties = 1000
const maxAllParties = 4096
/** Longest signal that is passed on, in bytes: an announcement of 16 addresses needs 2 KiB. */
const maxSignalBytes = 8192
/**
 * Most signals of a process within {@link signalPeriodMs}, in milliseconds: a path needs some ten. Its partner gets
 * all, and a link that cannot take them would end.
 */
const maxSignals = 64
const signalPeriodMs = 10_000
/** Most levels of objects and arrays in a signal: deployed programs send lists of addresses, with a few levels. */
const maxLevels = 32

/** A client process that announced direct paths. */
interface Party {
  /** Links of the process. */
  readonly peers: Set<Peer>
  readonly role: 'provider' | 'connector'
  /** Its last DirectCapabilities. */
  announcement: Uint8Array | undefined
  /** The process that it negotiates with. */
  partner: Party | undefined
  leaving: TimerHandle
  /** Signals since {@link sinceMs}. */
  signals: number
  sinceMs: number
}

/**
 * Passes signals of direct paths between providers and connectors of Go LinkSocks 1.10. A signal has no address, and
 * these programs drop their path when a second peer appears. So the server joins pairs, each of one provider and one
 * connector, and passes signals only within a pair.
 */
export class DirectSignals {
  readonly #options: DirectSignalsOptions
  readonly #parties = new WeakMap<ReverseToken, Map<string, Party>>()
  /** Number of parties of all tokens. */
  #partyCount = 0

  constructor(options: DirectSignalsOptions) {
    this.#options = options
  }

  /** Announces direct paths to a client. */
  joined(peer: Peer): void {
    if (reverseOf(peer.record) === undefined || !this.#options.isAllowed(peer)) return
    peer.session.send(encode({ type: MessageType.Log, level: 'debug', text: serverHello }))
    const party = this.#find(peer)
    if (party !== undefined) this.#attach(party, peer)
  }

  /** Handles the end of a client's session. */
  left(peer: Peer): void {
    const party = this.#find(peer)
    if (party?.peers.delete(peer) !== true || party.peers.size > 0) return
    party.leaving = this.#options.clock.setTimeout(() => this.#forget(peer, party), graceMs)
  }

  /**
   * Handles a message that belongs to no channel, if it is a signal.
   *
   * @throws CodecError or RangeError for a message that is malformed, or that cannot be passed on
   */
  receive(peer: Peer, bytes: Uint8Array): void {
    const type = peekType(bytes)
    if (!isSignal(type) || bytes.length > maxSignalBytes || !this.#options.isAllowed(peer)) return
    const message = decode(bytes)
    if (message.type === MessageType.Log) {
      if (clientHello.test(message.text)) this.#join(peer)
      return
    }
    if (!isDirect(message)) return
    const signal = signalOf(message)
    const party = this.#join(peer)
    if (party === undefined || !this.#maySignal(party)) return
    const isAnnouncement = message.type === MessageType.DirectCapabilities
    if (isAnnouncement) party.announcement = signal
    if (isAnnouncement && !isTaken(party)) this.#findPartner(peer, party)
    else if (party.partner !== undefined) tell(party.partner, signal)
  }

  /**
   * Answers a message of a channel that does not exist here: it began on a direct path that was lost, and cannot go on.
   */
  receiveStray(peer: Peer, channelId: Uint8Array, type: number): void {
    if (type !== MessageType.Data || this.#find(peer) === undefined) return
    peer.session.send(encode({ type: MessageType.Disconnect, channelId, error: 'the direct path was lost' }))
  }

  /** Joins a party with the first that it may reach and that has none. */
  #findPartner(peer: Peer, party: Party): void {
    for (const other of this.#partiesOf(peer)?.values() ?? []) {
      if (isTaken(party) || isTaken(other) || other.announcement === undefined) continue
      if (!this.#mayMeet(party, other)) continue
      if (other.partner !== undefined) other.partner.partner = undefined
      party.partner = other
      other.partner = party
      this.#options.logger.debug({ instance: peer.instance }, 'a pair of clients negotiates a direct path')
      tell(party, other.announcement)
      if (party.announcement !== undefined) tell(other, party.announcement)
    }
  }

  #mayMeet(party: Party, other: Party): boolean {
    const [first, second] = [firstOf(party.peers), firstOf(other.peers)]
    if (party.role === other.role || first === undefined || second === undefined) return false
    // Two clients of this project negotiate in a channel, and must not keep a Go program from a partner.
    if (first.session.options.window && second.session.options.window) return false
    const { reaches } = this.#options
    return party.role === 'connector' ? reaches(first, second) : reaches(second, first)
  }

  /** Finds or creates the party of a client; undefined at the limit. */
  #join(peer: Peer): Party | undefined {
    const reverse = reverseOf(peer.record)
    if (reverse === undefined) return undefined
    const parties = this.#parties.get(reverse) ?? new Map<string, Party>()
    this.#parties.set(reverse, parties)
    const known = parties.get(keyOf(peer))
    if (known === undefined && (parties.size >= maxParties || this.#partyCount >= maxAllParties)) return undefined
    if (known === undefined) this.#partyCount++
    const party: Party = known ?? {
      peers: new Set(),
      role: peer.record.kind === 'reverse' ? 'provider' : 'connector',
      announcement: undefined,
      partner: undefined,
      leaving: undefined,
      signals: 0,
      sinceMs: this.#options.clock.now(),
    }
    parties.set(keyOf(peer), party)
    this.#attach(party, peer)
    return party
  }

  #attach(party: Party, peer: Peer): void {
    this.#options.clock.clearTimeout(party.leaving)
    party.peers.add(peer)
  }

  /** Whether a party may send one more signal now; counts it. */
  #maySignal(party: Party): boolean {
    const nowMs = this.#options.clock.now()
    if (nowMs - party.sinceMs >= signalPeriodMs) {
      party.sinceMs = nowMs
      party.signals = 0
    }
    return party.signals++ < maxSignals
  }

  #forget(peer: Peer, party: Party): void {
    if (this.#partiesOf(peer)?.delete(keyOf(peer)) === true) this.#partyCount--
    const { partner } = party
    party.partner = undefined
    if (partner === undefined) return
    partner.partner = undefined
    const next = firstOf(partner.peers)
    if (next !== undefined && partner.announcement !== undefined) this.#findPartner(next, partner)
  }

  #find(peer: Peer): Party | undefined {
    return this.#partiesOf(peer)?.get(keyOf(peer))
  }

  #partiesOf({ record }: Peer): Map<string, Party> | undefined {
    const reverse = reverseOf(record)
    return reverse && this.#parties.get(reverse)
  }
}

/** Whether a party has a partner with a link. */
function isTaken({ partner }: Party): boolean {
  return partner !== undefined && partner.peers.size > 0
}

/** Sends to one link of a process. */
function tell({ peers }: Party, signal: Uint8Array): void {
  firstOf(peers)?.session.send(signal)
}

/**
 * Encodes a signal for the partner when it arrives. One that cannot be encoded must end the link of its sender, not
 * that of a later partner, nor the process in a timer: V8 of Node 20 parses more levels than it can write.
 */
function signalOf(message: DirectMessage): Uint8Array {
  if (isNested(message.json, maxLevels))
    throw new RangeError(`a message for direct paths has more than ${maxLevels} levels`)
  return encode(withoutMigration(message))
}

/** Whether a JSON value has more than this number of levels. */
function isNested(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((each) => isNested(each, levels - 1))
}

function firstOf(peers: ReadonlySet<Peer>): Peer | undefined {
  return [...peers][0]
}

function reverseOf(record: TokenRecord): ReverseToken | undefined {
  if (record.kind === 'forward') return undefined
  return record.kind === 'reverse' ? record : record.reverse
}

/** A token never belongs to both a provider and a connector. */
function keyOf({ record, instance }: Peer): string {
  return `${instance} ${record.token}`
}

function isSignal(type: number): boolean {
  return type === MessageType.Log || (type >= MessageType.DirectCapabilities && type <= MessageType.DirectStatus)
}

function isDirect(message: Message): message is DirectMessage {
  return message.type !== MessageType.Log && typeof message.type === 'number' && isSignal(message.type)
}
