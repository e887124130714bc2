import type { BesideLoad } from '../path-limit.js'
import { startBytes } from '../start-bytes.js'

/**
 * The way to another process, for the sessions that lead to it: their transports share its capacity and its queue. Each
 * session then allows for what the others have in flight. Without it each of four sessions takes a path that holds much
 * for one that holds a quarter (docs/decisions/0096).
 */
export class SharedPath {
  readonly #bytesOf = new Set<() => number>()

  /** Adds a session by a function that returns its bytes in flight. */
  join(inFlightBytes: () => number): void {
    this.#bytesOf.add(inFlightBytes)
  }

  /** Removes a session: it has no transport. */
  leave(inFlightBytes: () => number): void {
    this.#bytesOf.delete(inFlightBytes)
  }

  /** Returns what all other sessions with bulk have in flight. */
  beside(own: () => number): BesideLoad {
    let [links, bytes] = [0, 0]
    for (const bytesOf of this.#bytesOf) {
      const each = bytesOf === own ? 0 : bytesOf()
      if (each < startBytes) continue
      links++
      bytes += each
    }
    return { links, bytes }
  }
}
