/** What other nodes say about tokens, in entries of one kind. */
export class FarEntries<T> {
  /** Entries by token, then by node: at most one of each member for each token. */
  readonly #byToken = new Map<string, Map<string, T>>()

  get tokens(): Iterable<string> {
    return this.#byToken.keys()
  }

  /** Number of tokens with an entry. */
  get size(): number {
    return this.#byToken.size
  }

  /** Entries of a token, by node. */
  of(token: string): ReadonlyMap<string, T> {
    return this.#byToken.get(token) ?? new Map<string, T>()
  }

  /** Sets the entry of a node; undefined removes it. */
  set(token: string, nodeId: string, entry: T | undefined): void {
    const nodes = this.#byToken.get(token) ?? new Map<string, T>()
    if (entry === undefined) nodes.delete(nodeId)
    else nodes.set(nodeId, entry)
    if (nodes.size === 0) this.#byToken.delete(token)
    else this.#byToken.set(token, nodes)
  }

  /** Tokens of which a node has an entry. */
  tokensOf(nodeId: string): string[] {
    return [...this.#byToken].filter(([, nodes]) => nodes.has(nodeId)).map(([token]) => token)
  }
}
