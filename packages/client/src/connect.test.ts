import { expect, test } from 'vitest'
import { LinkSocksClient } from './client.js'

test('a provider takes connections and opens none', async () => {
  const client = new LinkSocksClient({ reverse: true })
  await expect(client.connect({ host: 'h', port: 1 })).rejects.toThrow('a provider takes connections, it opens none')
})

test('a provider takes no fixed ports', () => {
  expect(() => new LinkSocksClient({ reverse: true, forwards: ['1=h:1'] })).toThrow(RangeError)
})
