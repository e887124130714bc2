/** A secret of fewer characters is hidden only as a word: without every 'a', a log would be useless. */
const minAnywhereLength = 6

/**
 * Finds secrets in texts, in a time that does not depend on their number: a file may have 10,000 tokens, and each line
 * of the log is searched. A regular expression of all of them took 21 ms a line, and 7 s for one more secret.
 */
export class SecretIndex {
  readonly #secrets = new Set<string>()
  /** Lengths of secrets by their first characters; the longest first, since one may begin with another. */
  readonly #lengths = new Map<string, readonly number[]>()
  #hasShort = false

  /** Adds a secret. */
  add(secret: string): void {
    const { length } = secret
    if (length === 0) return
    this.#secrets.add(secret)
    if (length < minAnywhereLength) this.#hasShort = true
    else {
      const start = secret.slice(0, minAnywhereLength)
      const known = this.#lengths.get(start) ?? []
      if (!known.includes(length))
        this.#lengths.set(
          start,
          [...known, length].toSorted((a, b) => b - a),
        )
    }
  }

  /** Returns the text with another text for each secret in it. */
  replace(text: string, replacement: string): string {
    if (this.#secrets.size === 0) return text
    let clean = ''
    let copied = 0
    for (let at = 0; at < text.length;) {
      const length = this.#longAt(text, at) || this.#shortAt(text, at)
      if (length > 0) {
        clean += text.slice(copied, at) + replacement
        copied = at + length
      }
      at += length || 1
    }
    return copied === 0 ? text : clean + text.slice(copied)
  }

  /** Length of the long secret that begins there; 0 for none. */
  #longAt(text: string, at: number): number {
    const lengths = this.#lengths.get(text.slice(at, at + minAnywhereLength))
    return lengths?.find((length) => this.#secrets.has(text.slice(at, at + length))) ?? 0
  }

  /** Length of the short secret that is a word there; 0 for none. */
  #shortAt(text: string, at: number): number {
    if (!this.#hasShort || isOfWord(text, at - 1)) return 0
    for (let length = minAnywhereLength - 1; length > 0; length--) {
      if (!isOfWord(text, at + length) && this.#secrets.has(text.slice(at, at + length))) return length
    }
    return 0
  }
}

function isOfWord(text: string, at: number): boolean {
  return /[a-zA-Z0-9]/.test(text[at] ?? '')
}
