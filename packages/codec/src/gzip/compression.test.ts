import { constants, deflateRawSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CodecError } from '../errors.js'
import { gunzipAsync, gzipAsync, nodeCompressor } from '../node.js'
import { fflateCompressor } from './compression.js'
import { crc32 } from './crc32.js'

const limit = 4 * 1024 * 1024
/** Runs and noise, long enough for several steps of the inflater. */
const content = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 2000 }), fc.nat(40)), { maxLength: 20 })
  .map((parts) => Buffer.concat(parts.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))))
const stream = fc
  .tuple(content, fc.nat(9), fc.integer({ min: 1, max: 9 }))
  .map(([bytes, level, memLevel]) => ({ bytes, gzipped: gzipSync(bytes, { level, memLevel }) }))

describe.each([
  ['fflateCompressor', fflateCompressor],
  ['nodeCompressor', nodeCompressor],
])('%s', (_, compressor) => {
  test('gunzip restores any gzip stream, of any level and block size', () => {
    fc.assert(
      fc.property(stream, ({ bytes, gzipped }) => {
        expect(Buffer.compare(compressor.gunzip(gzipped, limit), bytes)).toBe(0)
      }),
    )
  })

  test('gzip gives a stream that both compressors restore', () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const gzipped = compressor.gzip(bytes)
        const restored = [nodeCompressor, fflateCompressor].map((reader) => reader.gunzip(gzipped, limit))
        expect(restored.map((result) => Buffer.compare(result, bytes))).toEqual([0, 0])
      }),
    )
  })

  test('gzip gives the same stream each time: no time, no name', () => {
    const bytes = Buffer.from('the same')
    expect(Buffer.from(compressor.gzip(bytes)).subarray(3, 8)).toEqual(Buffer.alloc(5))
  })

  test('gunzip gives the content or a CodecError for a damaged stream', () => {
    const damage = fc.record({
      stream,
      edits: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    })
    fc.assert(
      fc.property(damage, ({ stream: { bytes, gzipped }, edits }) => {
        for (const [at, value] of edits) gzipped[at % gzipped.length] = value
        expect(contentOrRefusal(() => compressor.gunzip(gzipped, limit), bytes)).toBeOneOf(['same', 'refused'])
      }),
      { numRuns: 500 },
    )
  })

  test('gunzip refuses every cut of a stream', () => {
    const gzipped = gzipSync(Buffer.from('cut me anywhere, '.repeat(20)))
    const cuts = Array.from({ length: gzipped.length }, (_, length) => gzipped.subarray(0, length))
    const refused = cuts.filter((cut) => contentOrRefusal(() => compressor.gunzip(cut, limit)) === 'refused')
    expect(refused).toHaveLength(cuts.length)
  })

  test('gunzip stops inflating where the trailer is overrun', () => {
    const before = process.resourceUsage().maxRSS
    expect(() => compressor.gunzip(gibibyteThatClaims(1000), limit)).toThrow(CodecError)
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(100 * 1024)
  })

  test.each([0, -1, 1.5, Number.NaN, Infinity])('gunzip refuses the limit %d', (maxInflatedBytes) => {
    expect(() => compressor.gunzip(gzipSync('x'), maxInflatedBytes)).toThrow(RangeError)
  })
})

test('gzipAsync gives what gzip does', async () => {
  const bytes = Buffer.from('the same '.repeat(1000))
  expect(await gzipAsync(bytes)).toEqual(nodeCompressor.gzip(bytes))
})

test('gunzipAsync restores what gzipAsync gave', async () => {
  const bytes = Buffer.from('there and back '.repeat(10_000))
  expect(Buffer.compare(await gunzipAsync(await gzipAsync(bytes), limit), bytes)).toBe(0)
})

test('gunzipAsync rejects past the limit', async () => {
  await expect(gunzipAsync(gzipSync('123456'), 5)).rejects.toMatchObject({ code: 'ERR_CODEC_INFLATED_TOO_LARGE' })
})

test('a CodecError for a broken stream keeps its cause', () => {
  const broken = gzipSync('x'.repeat(100))
  broken[10] = 0xff
  expect(() => nodeCompressor.gunzip(broken, limit)).toThrow(
    expect.objectContaining({ cause: expect.any(Error) as unknown }),
  )
})

test('crc32 gives the check value of its definition', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926)
})

/** A gzip stream of 1 GiB of zeros, made of 1024 copies of one block, with a false size in its trailer. */
function gibibyteThatClaims(size: number): Uint8Array {
  const header = gzipSync('').subarray(0, 10)
  const mebibyte = deflateRawSync(Buffer.alloc(1024 * 1024), { finishFlush: constants.Z_FULL_FLUSH })
  const lastBlock = Buffer.of(0x03, 0x00)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(size, 4)
  return Buffer.concat([header, ...Array<Uint8Array>(1024).fill(mebibyte), lastBlock, trailer])
}

function contentOrRefusal(run: () => Uint8Array, expected: Uint8Array = new Uint8Array()): string {
  try {
    return Buffer.compare(run(), expected) === 0 ? 'same' : 'different'
  } catch (error) {
    if (error instanceof CodecError) return 'refused'
    throw error
  }
}
