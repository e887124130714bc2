import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { gunzipWithin, gzipIfSmaller } from './gzip.js'

test('gzipIfSmaller gives nothing where nothing is won', async () => {
  expect(await gzipIfSmaller(randomBytes(100))).toBeUndefined()
})

test('gunzipWithin inflates what gzipIfSmaller made', async () => {
  const gzip = (await gzipIfSmaller(Buffer.alloc(1000, 'a'))) as Uint8Array
  expect(Buffer.from(await gunzipWithin(gzip, 1000)).toString()).toBe('a'.repeat(1000))
})

test('gunzipWithin refuses more than the peer was charged for', async () => {
  const gzip = (await gzipIfSmaller(Buffer.alloc(1000, 'a'))) as Uint8Array
  await expect(gunzipWithin(gzip, 999)).rejects.toThrow(/999|limit/)
})
