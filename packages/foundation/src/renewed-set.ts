import { RenewedMap } from './renewed-map.js'

/** A set for many short-lived members, such as sockets; see {@link RenewedMap}. */
export class RenewedSet<T> {
  readonly #members = new RenewedMap<T, T>()

  /** Number of members. */
  get size(): number {
    return this.#members.size
  }

  /** Whether it has a member. */
  has(member: T): boolean {
    return this.#members.has(member)
  }

  /** Adds a member. */
  add(member: T): void {
    this.#members.set(member, member)
  }

  /** Removes a member; returns whether it was there. */
  delete(member: T): boolean {
    return this.#members.delete(member)
  }

  /** Removes all members. */
  clear(): void {
    this.#members.clear()
  }

  /** Iterates over the members, in the order in which they were added. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#members.values()
  }
}
