import { createRequire } from 'node:module'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mask, MaskKeys, type Masking, portableMasking, unmask } from './mask.js'

// RFC 6455 §5.3 literally; the maskings must give the same result for any bytes.
function naive(bytes: Uint8Array, key: Uint8Array): number[] {
  return [...bytes].map((byte, index) => byte ^ key[index % 4]!)
}

/** Lengths around 48, where native code takes over, and far above. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.uint8Array({ minLength: 44, maxLength: 52 }),
  fc.uint8Array({ minLength: 48, maxLength: 3000, size: 'max' }),
)
const key = fc.uint8Array({ minLength: 4, maxLength: 4 })
/** Start of the bytes in their memory: native code processes 8 at a time, and aligns itself first. */
const start = fc.nat(9)

/** Returns the same bytes at `offset` of memory that is used before and after them. */
function placedAt(offset: number, content: Uint8Array): { memory: Uint8Array; view: Uint8Array } {
  const memory = new Uint8Array(offset + content.length + 9).fill(0xa5)
  memory.set(content, offset)
  return { memory, view: memory.subarray(offset, offset + content.length) }
}

const native = createRequire(import.meta.url)('bufferutil') as Masking

describe.each<[string, Masking]>([
  ['portableMasking', portableMasking],
  ['bufferutil', native],
  ['what a frame is masked with', { mask: (from, key, to, at) => mask(from, key, to, at), unmask }],
])('%s', (_name, masking) => {
  test('masks as its naive twin does, and writes to nothing else', () => {
    fc.assert(
      fc.property(bytes, key, start, start, (content, key, from, to) => {
        const source = placedAt(from, content)
        const target = placedAt(to, new Uint8Array(content.length))
        masking.mask(source.view, key, target.memory, to, content.length)
        expect(target.memory).toEqual(placedAt(to, Uint8Array.from(naive(content, key))).memory)
        expect(source.memory).toEqual(placedAt(from, content).memory)
      }),
    )
  })

  test('unmasks in place as its naive twin does, and writes to nothing else', () => {
    fc.assert(
      fc.property(bytes, key, start, (content, key, from) => {
        const { memory, view } = placedAt(from, content)
        masking.unmask(view, key)
        expect(memory).toEqual(placedAt(from, Uint8Array.from(naive(content, key))).memory)
      }),
    )
  })

  test('takes off the mask that it put on', () => {
    fc.assert(
      fc.property(bytes, key, (content, key) => {
        const output = new Uint8Array(content.length)
        masking.mask(content, key, output, 0, content.length)
        masking.unmask(output, key)
        expect(output).toEqual(content)
      }),
    )
  })
})

describe('MaskKeys', () => {
  test('gives keys of four bytes that do not repeat, over more than one filling', () => {
    const keys = new MaskKeys()
    const seen = Array.from({ length: 5000 }, () => Buffer.from(keys.next()).toString('hex'))
    // 5000 random words of 32 bits collide once in 350 such tests, and never five times.
    expect(new Set(seen).size).toBeGreaterThan(4995)
    expect(seen.every((hex) => hex.length === 8)).toBe(true)
  })

  test('two of them give different keys', () => {
    const [one, other] = [new MaskKeys(), new MaskKeys()]
    const hexOf = (keys: MaskKeys): string =>
      Array.from({ length: 4 }, () => Buffer.from(keys.next()).toString('hex')).join('')
    expect(hexOf(one)).not.toBe(hexOf(other))
  })
})
