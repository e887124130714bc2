import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { CodecError } from '../errors.js'
import { Inflation } from './inflation.js'

/** Returns the inflated bytes when all pieces are accepted immediately. */
function inflate(gzip: Uint8Array, maxInflatedBytes = 1e8): Promise<Buffer | CodecError> {
  return new Promise((resolve) => {
    const pieces: Uint8Array[] = []
    void new Inflation(gzip, maxInflatedBytes, {
      onPiece: (piece) => pieces.push(piece) > 0,
      onDone: () => resolve(Buffer.concat(pieces)),
      onError: resolve,
    })
  })
}

function deferred() {
  let resolve = (): void => {}
  const promise = new Promise<void>((onResolved) => (resolve = onResolved))
  return { promise, resolve }
}

function withTrailer(change: (gzip: Buffer) => void): Buffer {
  const gzip = gzipSync(Buffer.alloc(300_000, 1))
  change(gzip)
  return gzip
}

test('Inflation delivers the whole stream, in order', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) >> 7))
  expect(bytes.equals((await inflate(gzipSync(bytes))) as Buffer)).toBe(true)
})

test('Inflation delivers at most the bytes that may leave, and continues when asked', async () => {
  let taken = 0
  const piece = deferred()
  const done = deferred()
  const inflation = new Inflation(gzipSync(Buffer.alloc(10_000_000)), 1e8, {
    onPiece: ({ length }) => {
      taken += length
      piece.resolve()
      return taken > 65_536
    },
    onDone: done.resolve,
    onError: () => {},
  })
  await piece.promise
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  const atRest = taken
  inflation.onDrain()
  await done.promise
  expect({ atRest, taken }).toEqual({ atRest: 65_536, taken: 10_000_000 })
})

test('Inflation refuses immediately a stream that would be too large', () => {
  const owner = { onPiece: () => true, onDone: () => {}, onError: () => {} }
  expect(() => new Inflation(gzipSync(Buffer.alloc(1001)), 1000, owner)).toThrow('inflates to 1001 bytes')
})

const broken = 'not one whole gzip stream: '

test.each([
  [
    'more than its trailer says',
    (gzip: Buffer) => gzip.writeUInt32LE(100_000, gzip.length - 4),
    'it inflates past the 100000 bytes that its trailer says',
  ],
  [
    'less than its trailer says',
    (gzip: Buffer) => gzip.writeUInt32LE(300_001, gzip.length - 4),
    'it inflates to 300000 bytes, its trailer says 300001',
  ],
  [
    'another checksum',
    (gzip: Buffer) => gzip.writeUInt32LE(1, gzip.length - 8),
    'its CRC-32 is 3368660082, its trailer says 1',
  ],
  ['a broken stream', (gzip: Buffer) => gzip.fill(0xff, 12, 40), 'its deflate stream is broken'],
])('Inflation fails for %s', async (_, change, detail) => {
  const message = broken + detail
  expect(await inflate(withTrailer(change))).toMatchObject({ code: 'ERR_CODEC_BAD_GZIP', message })
})

test('Inflation fails for bytes behind the end of the stream', async () => {
  const gzip = gzipSync(Buffer.alloc(300_000, 1))
  const longer = Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(5), gzip.subarray(-8)])
  expect(await inflate(longer)).toMatchObject({
    message: `${broken}5 bytes follow the end of its deflate stream`,
  })
})
