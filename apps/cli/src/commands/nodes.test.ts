import { expect, test } from 'vitest'
import { nodeLines } from './nodes.js'

const node = { id: 'a1b2c3d4', address: '10.0.0.1:8766', links: 3, channels: 12, version: '1.2.3' }

test('nodeLines shows load, version and state of each node', () => {
  const nodes = [
    { ...node, state: 'self', draining: false },
    { ...node, state: 'up', draining: true },
  ]
  expect(nodeLines({ connected: true, nodes })).toEqual([
    'a1b2c3d4  10.0.0.1:8766  self  3 links, 12 channels, version 1.2.3',
    'a1b2c3d4  10.0.0.1:8766  up, draining  3 links, 12 channels, version 1.2.3',
  ])
})

test('nodeLines says when NATS cannot be reached', () => {
  expect(nodeLines({ connected: false, nodes: [] })).toEqual([
    'NATS cannot be reached: the list shows what was known before',
  ])
})
