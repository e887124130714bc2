import { expect, test } from 'vitest'
import { LinkSocksClient } from './client.js'

test('a provider takes connections and opens none', async () => {
  const client = new LinkSocksClient({ role: 'provider' })
  await expect(client.connect({ host: 'h', port: 1 })).rejects.toThrow('a provider accepts connections and opens none')
})
