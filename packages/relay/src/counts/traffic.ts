import type { ChannelKind, EndedChannels, TrafficCounts } from '@ls/foundation'
import type { Channel } from '@ls/mux'
import type { Outcome } from './outcome.js'

/** Counts of one channel, open or ended. */
export interface Moved extends Omit<TrafficCounts, 'role' | 'open'> {}

/** Counts of a channel that ends here: the target is on the side that did not open it. */
export function movedBy(channel: Channel): Moved {
  const { protocol, initiator, sentBytes, receivedBytes, sentDatagrams, receivedDatagrams } = channel
  const { queuedBytes, unsentBytes, windowStalls, droppedDatagrams } = channel
  return {
    protocol,
    bytesToTarget: initiator ? sentBytes : receivedBytes,
    bytesFromTarget: initiator ? receivedBytes : sentBytes,
    queuedBytes,
    unsentBytes,
    windowStalls,
    datagramsToTarget: initiator ? sentDatagrams : receivedDatagrams,
    datagramsFromTarget: initiator ? receivedDatagrams : sentDatagrams,
    droppedDatagrams,
  }
}

/** Snapshot of {@link Traffic}. */
export interface TrafficSnapshot {
  /** One entry for each role and protocol. */
  readonly traffic: readonly TrafficCounts[]
  /** Ended channels by outcome. */
  readonly endedChannels: readonly EndedChannels[]
}

/**
 * Totals of the channels that have ended, by role and protocol. Nothing is added while a channel is open: it counts
 * itself, and a snapshot adds the open ones.
 */
export class Traffic {
  readonly #totals = new Map<string, Total>()

  /** Counts a channel that has ended. */
  ended(role: string, moved: Moved, outcome: Outcome): void {
    const total = totalOf(this.#totals, role, moved.protocol)
    total.add(moved)
    total.outcomes.set(outcome, (total.outcomes.get(outcome) ?? 0) + 1)
  }

  /** All totals, with the channels that are open now. */
  snapshot(open: Iterable<readonly [role: string, moved: Moved]>): TrafficSnapshot {
    const totals = new Map([...this.#totals].map(([key, total]) => [key, total.copy()]))
    for (const [role, moved] of open) totalOf(totals, role, moved.protocol).addOpen(moved)
    return {
      traffic: Array.from(totals.values(), (total) => total.counts()),
      endedChannels: Array.from(this.#totals.values()).flatMap((total) => total.ended()),
    }
  }
}

class Total {
  readonly kind: ChannelKind
  readonly outcomes = new Map<Outcome, number>()
  open = 0
  queuedBytes = 0
  unsentBytes = 0
  #bytesToTarget = 0
  #bytesFromTarget = 0
  #windowStalls = 0
  #datagramsToTarget = 0
  #datagramsFromTarget = 0
  #droppedDatagrams = 0

  constructor(kind: ChannelKind) {
    this.kind = kind
  }

  /** Adds the numbers that only grow. */
  add(moved: Moved): void {
    this.#bytesToTarget += moved.bytesToTarget
    this.#bytesFromTarget += moved.bytesFromTarget
    this.#windowStalls += moved.windowStalls
    this.#datagramsToTarget += moved.datagramsToTarget
    this.#datagramsFromTarget += moved.datagramsFromTarget
    this.#droppedDatagrams += moved.droppedDatagrams
  }

  /** Adds an open channel, with the bytes that it buffers now. */
  addOpen(moved: Moved): void {
    this.add(moved)
    this.open++
    this.queuedBytes += moved.queuedBytes
    this.unsentBytes += moved.unsentBytes
  }

  copy(): Total {
    const total = new Total(this.kind)
    total.add(this.counts())
    return total
  }

  counts(): TrafficCounts {
    return {
      ...this.kind,
      open: this.open,
      bytesToTarget: this.#bytesToTarget,
      bytesFromTarget: this.#bytesFromTarget,
      queuedBytes: this.queuedBytes,
      unsentBytes: this.unsentBytes,
      windowStalls: this.#windowStalls,
      datagramsToTarget: this.#datagramsToTarget,
      datagramsFromTarget: this.#datagramsFromTarget,
      droppedDatagrams: this.#droppedDatagrams,
    }
  }

  ended(): EndedChannels[] {
    return Array.from(this.outcomes, ([outcome, count]) => ({ ...this.kind, outcome, count }))
  }
}

function totalOf(totals: Map<string, Total>, role: string, protocol: 'tcp' | 'udp'): Total {
  const key = `${role} ${protocol}`
  const known = totals.get(key)
  if (known !== undefined) return known
  const total = new Total({ role, protocol })
  totals.set(key, total)
  return total
}
