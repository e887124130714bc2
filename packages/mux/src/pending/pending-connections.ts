import { checkInteger, RenewedMap, RenewedSet } from '@ls/foundation'
import { MemoryBudget } from '../memory/memory-budget.js'
import { addressGroup } from './address-group.js'

/** Limits for unauthenticated connections; whole numbers of at least 1. */
export interface PendingLimits {
  /**
   * Unauthenticated connections in all. Each costs some 10 KiB, with TLS 70 KiB, and a client is usually authenticated
   * within a second.
   * @default 4096
   */
  readonly maxPending?: number | undefined
  /**
   * Unauthenticated connections of one address (IPv6: one /64): enough for an office behind one address whose clients
   * all reconnect at the same time.
   * @default 512, or half of `maxPending` if that is less
   */
  readonly maxPendingPerAddress?: number | undefined
}

/** One unauthenticated connection. */
export interface PendingConnection {
  /**
   * Changes the client's address, where it differs from the connection's; undefined for a connection that counts for no
   * address.
   */
  moveTo(address: string | undefined): void
  /**
   * Marks the connection as being served. Such connections are cut last: a client that gets an answer is less likely
   * part of a flood than a silent one.
   */
  setServed(isServed: boolean): void
  /** Counts bytes that the connection sent early and that are kept until it is admitted or gone. */
  charge(bytes: number): void
  /** Removes the connection: it is admitted or gone. */
  release(): void
}

/** Most bytes that all connections together may send before they are admitted: 4 KiB for each of 4096. */
export const maxPendingBytes = 16_777_216
/** Default for one address, where that is at most half of all. */
const maxOfAddress = 512

/** Largest part of all connections that may have TLS: 2048 of them take 120 MiB. */
const encryptedPart = 1 / 2

/** Cuts a connection; the reason names the limit. */
export type CutConnection = (reason: string) => void

/** Cost of a connection before it is admitted. */
export interface PendingCost {
  /**
   * Whether the connection has TLS, which takes some 60 KiB outside of the heap, six times the memory of a connection
   * without it. Such connections are at most half of all.
   * @default false
   */
  readonly isEncrypted?: boolean
}

/**
 * Limits unauthenticated connections, in all and per address. Over the limit, the one that has waited longest is cut: a
 * client is admitted within a round trip or two, so an old connection is most likely part of a flood. Refusing the
 * newest would let a flood keep all clients out.
 *
 * @example
 * const pending = new PendingConnections({ maxPending: 1000 })
 * const entry = pending.add(socket.remoteAddress, () => socket.destroy())
 * socket.once('close', () => entry.release())
 */
export class PendingConnections {
  /** Most unauthenticated connections in all. */
  readonly maxPending: number
  /** Most unauthenticated connections of one address (IPv6: one /64). */
  readonly maxPendingPerAddress: number
  readonly #all = new Queue()
  readonly #encrypted = new Queue()
  readonly #byGroup = new RenewedMap<string, Queue>()
  #budget = new MemoryBudget({ limitBytes: maxPendingBytes })

  /** Creates an empty table. @throws RangeError for a limit that is no whole number of at least 1. */
  constructor({ maxPending = 4096, maxPendingPerAddress = addressPart(maxPending) }: PendingLimits = {}) {
    this.maxPending = checkInteger('maxPending', maxPending, 1)
    this.maxPendingPerAddress = checkInteger('maxPendingPerAddress', maxPendingPerAddress, 1)
  }

  /** Number of connections. */
  get size(): number {
    return this.#all.size
  }

  /**
   * Charges `budget` for bytes that connections hold from now on; if it is exceeded, the oldest connections are cut.
   * Without it the limit is {@link maxPendingBytes}.
   */
  chargeTo(budget: MemoryBudget): void {
    this.#budget = budget
  }

  /**
   * Counts a connection, and cuts another one if the limit is exceeded.
   *
   * @param address undefined for a connection that counts for no address: that of a UNIX socket, or of a trusted
   *   proxy.
   */
  add(address: string | undefined, cut: CutConnection, { isEncrypted = false }: PendingCost = {}): PendingConnection {
    const entry = new Entry(this.#changes, address, isEncrypted, cut)
    this.#insert(entry)
    return entry
  }

  readonly #changes: EntryChanges = {
    change: (entry, change) => {
      if (!this.#remove(entry)) return
      change()
      this.#insert(entry)
    },
    charge: (entry, bytes) => this.#charge(entry, bytes),
    release: (entry) => void this.#release(entry),
  }

  #insert(entry: Entry): void {
    this.#all.add(entry)
    const group = this.#groupOf(entry)
    group?.add(entry)
    if (group !== undefined && group.size > this.maxPendingPerAddress) {
      this.#cut(
        group.oldest,
        `more than ${this.maxPendingPerAddress} connections of one address have not authenticated yet`,
      )
    }
    if (this.#all.size > this.maxPending) {
      this.#cut(this.#all.oldest, `more than ${this.maxPending} connections have not authenticated yet`)
    }
    // At most half may be served connections, so that waiting ones have room.
    if (this.#all.served.size > Math.ceil(this.maxPending / 2)) {
      const [oldest] = this.#all.served
      this.#cut(oldest, `more than ${Math.ceil(this.maxPending / 2)} unauthenticated requests are being served`)
    }
    if (entry.isEncrypted) this.#encrypted.add(entry)
    const maxEncrypted = Math.ceil(this.maxPending * encryptedPart)
    if (this.#encrypted.size > maxEncrypted) {
      this.#cut(this.#encrypted.oldest, `more than ${maxEncrypted} connections with TLS have not authenticated yet`)
    }
  }

  #groupOf({ group: name }: Entry): Queue | undefined {
    if (name === undefined) return undefined
    const group = this.#byGroup.get(name) ?? new Queue()
    this.#byGroup.set(name, group)
    return group
  }

  #remove(entry: Entry): boolean {
    if (!this.#all.delete(entry)) return false
    this.#encrypted.delete(entry)
    const group = entry.group === undefined ? undefined : this.#byGroup.get(entry.group)
    group?.delete(entry)
    if (group?.size === 0) this.#byGroup.delete(entry.group as string)
    return true
  }

  #charge(entry: Entry, bytes: number): void {
    const budget = this.#budget
    if (!this.#all.has(entry)) return
    entry.heldBytes += bytes
    budget.charge(bytes)
    while (budget.exceeded && this.#all.size > 1) {
      this.#cut(
        this.#all.oldest,
        `connections that have not authenticated yet hold more than ${budget.limitBytes} bytes`,
      )
    }
  }

  #release(entry: Entry): boolean {
    this.#budget.release(entry.heldBytes)
    entry.heldBytes = 0
    return this.#remove(entry)
  }

  #cut(entry: Entry | undefined, reason: string): void {
    if (entry !== undefined && this.#release(entry)) entry.cut(reason)
  }
}

/** Operations of the table for its entries: made once, so that a connection needs no functions of its own. */
interface EntryChanges {
  change(entry: Entry, change: () => void): void
  charge(entry: Entry, bytes: number): void
  release(entry: Entry): void
}

class Entry implements PendingConnection {
  group: string | undefined
  isServed = false
  heldBytes = 0
  readonly isEncrypted: boolean
  readonly cut: CutConnection
  readonly #table: EntryChanges

  constructor(table: EntryChanges, address: string | undefined, isEncrypted: boolean, cut: CutConnection) {
    this.#table = table
    this.group = groupOf(address)
    this.isEncrypted = isEncrypted
    this.cut = cut
  }

  moveTo(address: string | undefined): void {
    this.#table.change(this, () => (this.group = groupOf(address)))
  }

  setServed(isServed: boolean): void {
    this.#table.change(this, () => (this.isServed = isServed))
  }

  charge(bytes: number): void {
    this.#table.charge(this, bytes)
  }

  release(): void {
    this.#table.release(this)
  }
}

function groupOf(address: string | undefined): string | undefined {
  return address === undefined ? undefined : addressGroup(address)
}

/** Connections in order of arrival, with those being served in a list of their own. */
class Queue {
  readonly served = new RenewedSet<Entry>()
  readonly #waiting = new RenewedSet<Entry>()

  get size(): number {
    return this.served.size + this.#waiting.size
  }

  /** The connection to cut: never the newest, which has had no time yet. */
  get oldest(): Entry | undefined {
    const [oldest] = this.#waiting.size > 1 ? this.#waiting : this.served
    return oldest
  }

  has(entry: Entry): boolean {
    return this.served.has(entry) || this.#waiting.has(entry)
  }

  add(entry: Entry): void {
    if (entry.isServed) this.served.add(entry)
    else this.#waiting.add(entry)
  }

  delete(entry: Entry): boolean {
    return this.served.delete(entry) || this.#waiting.delete(entry)
  }
}

/** Default for one address: at most half of all, so that one address leaves room for others. */
function addressPart(maxPending: number): number {
  return Math.max(1, Math.min(maxOfAddress, Math.floor(maxPending / 2)))
}
