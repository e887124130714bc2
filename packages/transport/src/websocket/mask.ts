import { randomFillSync } from 'node:crypto'
import { createRequire } from 'node:module'

/** XORs bytes with a key of 4 bytes (RFC 6455 §5.3). */
export interface Masking {
  /** Writes `length` bytes of `source`, masked, to `output` from `offset` on. */
  mask(source: Uint8Array, key: Uint8Array, output: Uint8Array, offset: number, length: number): void
  /** Masks in place, which also removes a mask. */
  unmask(bytes: Uint8Array, key: Uint8Array): void
}

/** Masking without native code: slower by half, and always available. */
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

/** Loads `bufferutil`, which masks 8 bytes at a time; an optional dependency of this package and of ws. */
function loadMasking(): Masking {
  try {
    return createRequire(import.meta.url)('bufferutil') as Masking
  } catch {
    return portableMasking
  }
}

const native = loadMasking()

/** Least bytes for native code: with fewer, the call takes longer than the loop. */
const minNativeBytes = 48

export function mask(source: Uint8Array, key: Uint8Array, output: Uint8Array, offset: number): void {
  const masking = source.length < minNativeBytes ? portableMasking : native
  masking.mask(source, key, output, offset, source.length)
}

/** Removes the mask from `bytes`, which are at `offset` of their message. */
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

/** Returns the key as it applies from `offset` on. */
function turned(key: Uint8Array, offset: number): Uint8Array {
  if ((offset & 3) === 0) return key
  const turnedKey = new Uint8Array(4)
  for (let index = 0; index < 4; index++) turnedKey[index] = key[(index + offset) & 3] ?? 0
  return turnedKey
}

/**
 * Makes masking keys that cannot be predicted, as RFC 6455 §5.3 requires: a peer that predicts them could choose the
 * bytes on the wire.
 */
export class MaskKeys {
  readonly #random = new Uint8Array(randomBytesAtOnce)
  #used = randomBytesAtOnce

  /** Returns a new key of 4 bytes, valid until the next calls. */
  next(): Uint8Array {
    if (this.#used === randomBytesAtOnce) {
      randomFillSync(this.#random)
      this.#used = 0
    }
    this.#used += 4
    return this.#random.subarray(this.#used - 4, this.#used)
  }
}

/** Bytes of keys for one call of the generator. */
const randomBytesAtOnce = 8192
