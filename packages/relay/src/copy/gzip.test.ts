import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { gzipIfSmaller } from './gzip.js'

test('gzipIfSmaller gives nothing where nothing is won', async () => {
  expect(await gzipIfSmaller(randomBytes(100))).toBeUndefined()
})

test('gzipIfSmaller makes what inflates to the same', async () => {
  const gzip = (await gzipIfSmaller(Buffer.alloc(1000, 'a'))) as Uint8Array
  expect(gunzipSync(gzip).toString()).toBe('a'.repeat(1000))
})
