/** Connection that holds a part of a message. */
export interface MessageHolder {
  /** Cuts the connection. */
  destroy(): void
}

/**
 * Limit for all messages of a listener that are longer than any of ours and have not arrived in full, in bytes: two of
 * the longest. Go and Python programs send such messages rarely, and in one go.
 */
const maxLongMessageBytes = 64 * 1024 * 1024

/**
 * Counts what the connections of a listener hold of long messages. Any peer may announce one and never send its last
 * byte, on each of thousands of connections. Over the limit, the connection whose message began first is cut: a
 * message that makes progress is over soon.
 */
export class LongMessages {
  readonly #limitBytes: number
  readonly #onCut: (heldBytes: number) => void
  /** Bytes by connection, the message that began first in front. */
  readonly #held = new Map<MessageHolder, number>()
  #bytes = 0

  /** @param onCut Called with the bytes of all connections when one is cut. */
  constructor(onCut: (heldBytes: number) => void, limitBytes = maxLongMessageBytes) {
    this.#onCut = onCut
    this.#limitBytes = limitBytes
  }

  /** Notes how many bytes a connection holds now, 0 when its message is complete or the connection is over. */
  note(holder: MessageHolder, bytes: number): void {
    this.#bytes += bytes - (this.#held.get(holder) ?? 0)
    if (bytes === 0) this.#held.delete(holder)
    else this.#held.set(holder, bytes)
    for (const [oldest, oldestBytes] of this.#held) {
      if (this.#bytes <= this.#limitBytes) return
      this.#onCut(this.#bytes)
      this.#held.delete(oldest)
      this.#bytes -= oldestBytes
      oldest.destroy()
    }
  }
}
