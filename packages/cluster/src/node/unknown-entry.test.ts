import { createHash } from 'node:crypto'
import { LinkSocksServer } from '@ls/server'
import { expect, onTestFinished, test } from 'vitest'
import { MemoryHub } from '../store/memory-hub.js'
import { ClusterNode } from './cluster-node.js'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

test('ClusterNode goes on after an entry that its server cannot use, as one of a later version', async () => {
  const node = new ClusterNode({ store: new MemoryHub().store(), secret: 's'.repeat(32) })
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, nodes: node, sessionOwners: node })
  onTestFinished(async () => {
    await server.close()
    await node.close()
  })
  await node.join(server)
  server.addReverseToken({ token: 'providers', socksPort: 'none' })
  const info = { id: 'b', address: { host: '127.0.0.1', port: 1 }, links: 0, channels: 0, draining: false }
  node.entry('live', 'node.b', { value: JSON.stringify({ ...info, version: 1, beat: 1, release: '9' }), revision: 1 })
  const at = { b: [{ instance: 'i', exposure: 'carrier-pigeon:x.example=localhost:80' }] }
  const value = JSON.stringify({ host: 'x.example', reverseKey: sha256(sha256('providers')), at })
  expect(() => node.entry('live', 'name.x', { value, revision: 2 })).not.toThrow()
})
