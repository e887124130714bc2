import type { StateStore } from '@ls/server'
import type { ObjectState } from './workers.js'

/** Part of the storage of a Durable Object that the state needs. */
type Storage = ObjectState['storage']

/** State of the relay in the storage of its object: a text in pieces, since one value may have 2 MB. */
export class ObjectStore implements StateStore {
  readonly name = 'the storage of the object'
  readonly #storage: Storage
  /** Number of pieces in the storage. */
  #pieces = 0

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Reads the text; undefined where there is none. */
  async read(): Promise<string | undefined> {
    const count = Number((await this.#storage.get(countKey)) ?? 1)
    this.#pieces = count
    const pieces = await Promise.all(Array.from({ length: count }, (_, index) => this.#storage.get(keyOf(index))))
    return pieces[0] === undefined ? undefined : pieces.join('')
  }

  /** Replaces the text as a whole. */
  async write(text: string): Promise<void> {
    const count = Math.max(1, Math.ceil(text.length / pieceCharacters))
    const entries: Record<string, string> = { [countKey]: String(count) }
    for (let index = 0; index < count; index++)
      entries[keyOf(index)] = text.slice(index * pieceCharacters, (index + 1) * pieceCharacters)
    // One call is one transaction.
    await this.#storage.put(entries)
    const unused = Array.from({ length: Math.max(0, this.#pieces - count) }, (_, index) => keyOf(count + index))
    if (unused.length > 0) await this.#storage.delete(unused)
    this.#pieces = count
  }
}

/** The first piece has the key of former versions, which wrote one. */
function keyOf(index: number): string {
  return index === 0 ? 'state' : `state.${index}`
}

const countKey = 'state.pieces'

/** Longest piece, in characters: at most two bytes each. A call takes 128 keys, so the text may have 63 million. */
const pieceCharacters = 500_000
