// Bytes that both ends generate and hash in the same way: numbered blocks of 8 MiB. The page's hash function accepts
// whole buffers only, so the ends compare the hash of the hashes of all blocks.

/** Size of a block, in bytes. */
export const blockBytes = 8_388_608

/** Returns the block with a number. */
export function makeBlock(number) {
  const words = new Uint32Array(blockBytes / 4)
  for (let at = 0, word = number * 7919 + 1; at < words.length; at++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    words[at] = word
  }
  return new Uint8Array(words.buffer)
}

/** Cuts received bytes into blocks, and calls `onBlock` with each; `end` returns the rest. */
export class BlockReader {
  #block = new Uint8Array(blockBytes)
  #filled = 0
  #onBlock

  constructor(onBlock) {
    this.#onBlock = onBlock
  }

  add(chunk) {
    for (let at = 0; at < chunk.length;) {
      const taken = Math.min(chunk.length - at, blockBytes - this.#filled)
      this.#block.set(chunk.subarray(at, at + taken), this.#filled)
      this.#filled += taken
      at += taken
      if (this.#filled === blockBytes) this.#pass()
    }
  }

  end() {
    if (this.#filled > 0) this.#pass()
  }

  #pass() {
    this.#onBlock(this.#block.subarray(0, this.#filled))
    this.#block = new Uint8Array(blockBytes)
    this.#filled = 0
  }
}
