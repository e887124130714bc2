import { checkInteger } from '@ls/foundation'
import { addressGroup } from './address-group.js'
import type { MemoryBudget } from '../memory/memory-budget.js'

/** How many connections may wait to be let in; whole numbers of at least 1. */
export interface PendingLimits {
  /**
   * Connections that have not shown yet that they may come in, all together. Each costs some 10 to 40 KiB, and a client needs
   * a second at most to get past this.
   * @default 4096
   */
  readonly maxPending?: number
  /**
   * Those of one address (IPv6: one /64) among them: room for an office behind one address that comes back at once.
   * @default 512
   */
  readonly maxPendingPerAddress?: number
}

/** One connection that has still to show that it may come in. */
export interface PendingConnection {
  /** Its client's address is another than its connection's; undefined for one that counts in no address. */
  moveTo(address: string | undefined): void
  /** Being served goes last: whoever gets an answer is less likely to be a flood than whoever says nothing. */
  setServed(isServed: boolean): void
  /** Counts bytes that it has sent ahead and that are kept for it, until it has come in or has gone. */
  hold(bytes: number): void
  /** It has come in, or has gone. */
  release(): void
}

/** Cuts a connection; the reason names the limit. */
export type CutConnection = (reason: string) => void

/**
 * Connections of strangers, which are limited together and per address. Where there is one too many, the one goes that has
 * waited longest: a client gets on within a round trip or two, so whoever still waits then is most likely a flood. Refusing
 * the newest instead would let a flood keep everyone out.
 *
 * @example
 * const pending = new PendingConnections({ maxPending: 1000 })
 * const entry = pending.add(socket.remoteAddress, () => socket.destroy())
 * socket.once('close', () => entry.release())
 */
export class PendingConnections {
  /** Most connections that wait, all together. */
  readonly maxPending: number
  /** Most of them of one address (IPv6: one /64). */
  readonly maxPendingPerAddress: number
  readonly #all = new Queue()
  readonly #byGroup = new Map<string, Queue>()
  #budget: MemoryBudget | undefined

  /** @throws RangeError for a limit that is no whole number of at least 1. */
  constructor({ maxPending = 4096, maxPendingPerAddress = 512 }: PendingLimits = {}) {
    this.maxPending = checkInteger('maxPending', maxPending, 1)
    this.maxPendingPerAddress = checkInteger('maxPendingPerAddress', maxPendingPerAddress, 1)
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size
  }

  /** Charges `budget` for what connections hold from now on; where it is exceeded, the oldest connections go. */
  chargeTo(budget: MemoryBudget): void {
    this.#budget = budget
  }

  /**
   * Counts a connection, and cuts another one where that is one too many.
   *
   * @param address undefined for one that counts in no address: that of a UNIX socket, or of a trusted proxy.
   */
  add(address: string | undefined, cut: CutConnection): PendingConnection {
    const entry: Entry = {
      group: address === undefined ? undefined : addressGroup(address),
      isServed: false,
      heldBytes: 0,
      cut,
    }
    this.#insert(entry)
    return {
      moveTo: (next) => this.#change(entry, () => (entry.group = next === undefined ? undefined : addressGroup(next))),
      setServed: (isServed) => this.#change(entry, () => (entry.isServed = isServed)),
      hold: (bytes) => this.#hold(entry, bytes),
      release: () => this.#release(entry),
    }
  }

  #insert(entry: Entry): void {
    this.#all.add(entry)
    const group = this.#groupOf(entry)
    group?.add(entry)
    if (group !== undefined && group.size > this.maxPendingPerAddress) {
      this.#cut(group.oldest, `more than ${this.maxPendingPerAddress} connections of one address wait to be let in`)
    }
    if (this.#all.size > this.maxPending) {
      this.#cut(this.#all.oldest, `more than ${this.maxPending} connections wait to be let in`)
    }
    // Those being served leave room for those that are to be.
    if (this.#all.served.size > Math.ceil(this.maxPending / 2)) {
      const [oldest] = this.#all.served
      this.#cut(oldest, `more than ${Math.ceil(this.maxPending / 2)} requests of strangers are being served`)
    }
  }

  #groupOf({ group: name }: Entry): Queue | undefined {
    if (name === undefined) return undefined
    const group = this.#byGroup.get(name) ?? new Queue()
    this.#byGroup.set(name, group)
    return group
  }

  #change(entry: Entry, change: () => void): void {
    if (!this.#remove(entry)) return
    change()
    this.#insert(entry)
  }

  #remove(entry: Entry): boolean {
    if (!this.#all.delete(entry)) return false
    const group = entry.group === undefined ? undefined : this.#byGroup.get(entry.group)
    group?.delete(entry)
    if (group?.size === 0) this.#byGroup.delete(entry.group as string)
    return true
  }

  #hold(entry: Entry, bytes: number): void {
    const budget = this.#budget
    if (budget === undefined || !this.#all.has(entry)) return
    entry.heldBytes += bytes
    budget.charge(bytes)
    while (budget.exceeded && this.#all.size > 1) {
      this.#cut(this.#all.oldest, `connections that wait to be let in hold more than ${budget.limitBytes} bytes`)
    }
  }

  #release(entry: Entry): boolean {
    this.#budget?.release(entry.heldBytes)
    entry.heldBytes = 0
    return this.#remove(entry)
  }

  #cut(entry: Entry | undefined, reason: string): void {
    if (entry !== undefined && this.#release(entry)) entry.cut(reason)
  }
}

interface Entry {
  group: string | undefined
  isServed: boolean
  heldBytes: number
  readonly cut: CutConnection
}

/** In the order they came; those being served apart. */
class Queue {
  readonly served = new Set<Entry>()
  readonly #waiting = new Set<Entry>()

  get size(): number {
    return this.served.size + this.#waiting.size
  }

  /** The one to go: never the newest, which has had no time yet. */
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
