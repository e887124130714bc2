import { randomFillSync } from 'node:crypto'
import { createRequire } from 'node:module'

/** XORs bytes with a key of 4 bytes (RFC 6455 §5.3). */
export interface Masking {
  /** Writes `length` bytes of `source`, masked, to `output` from `offset` on. */
  mask(source: Uint8Array, key: Uint8Array, output: Uint8Array, offset: number, length: number): void
  /** Masks in place, which also takes a mask off. */
  unmask(bytes: Uint8Array, key: Uint8Array): void
}

/** Without native code: slower by half, and never missing. */
export const portableMasking: Masking = {
  mask(source, key, output, offset, length) {
    for (let index = 0; index < length; index++) {
      output[offset + index] = (source[index] ?? 0) ^ (key[index & 3] ?? 0)
    }
  },
  unmask(bytes, key) {
    portableMasking.mask(bytes, key, bytes, 0, bytes.length)
  },
}

/** `bufferutil`, an optional dependency of ours as it is of ws, masks 8 bytes at a time. */
function loadMasking(): Masking {
  try {
    return createRequire(import.meta.url)('bufferutil') as Masking
  } catch {
    return portableMasking
  }
}

const native = loadMasking()

/** Below this many bytes the way into native code takes longer than the loop. */
const minNativeBytes = 48

export function mask(source: Uint8Array, key: Uint8Array, output: Uint8Array, offset: number): void {
  const masking = source.length < minNativeBytes ? portableMasking : native
  masking.mask(source, key, output, offset, source.length)
}

/** Takes the mask off `bytes`, which are at `offset` of their message. */
export function unmask(bytes: Uint8Array, key: Uint8Array, offset = 0): void {
  const masking = bytes.length < minNativeBytes ? portableMasking : native
  masking.unmask(bytes, turned(key, offset))
}

/** Copies a piece of a message to its `offset`, without the mask where there is one. */
export function copyUnmasked(
  piece: Uint8Array,
  key: Uint8Array | undefined,
  message: Uint8Array,
  offset: number,
): void {
  if (key === undefined) message.set(piece, offset)
  else mask(piece, turned(key, offset), message, offset)
}

/** The key as it applies from `offset` on. */
function turned(key: Uint8Array, offset: number): Uint8Array {
  if ((offset & 3) === 0) return key
  const turnedKey = new Uint8Array(4)
  for (let index = 0; index < 4; index++) turnedKey[index] = key[(index + offset) & 3] ?? 0
  return turnedKey
}

/** Masking keys nobody can foresee, as RFC 6455 §5.3 asks: a peer that could would write what it likes on the wire. */
export class MaskKeys {
  readonly #random = new Uint8Array(randomBytesAtOnce)
  #used = randomBytesAtOnce

  /** A fresh key of 4 bytes, valid until the next calls. */
  next(): Uint8Array {
    if (this.#used === randomBytesAtOnce) {
      randomFillSync(this.#random)
      this.#used = 0
    }
    this.#used += 4
    return this.#random.subarray(this.#used - 4, this.#used)
  }
}

/** One call of the generator serves this many bytes of keys. */
const randomBytesAtOnce = 8192
