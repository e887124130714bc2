import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readFarPeers, readLoad, readNodeInfo, readUse } from './live-entry.js'
import type { NodeInfo } from './members.js'

const load = { links: 0, channels: 0, draining: false, release: '1.0.0' }
const info: NodeInfo = { version: 1, id: '0a0b0c0d', address: { host: '10.0.0.2', port: 7000 }, beat: 3, ...load }
const peers = { providers: ['aa'], connectors: [{ instance: 'bb', owner: 'aa' }] }

describe('readNodeInfo', () => {
  test('reads what a node wrote', () => {
    expect(readNodeInfo(JSON.stringify(info))).toEqual(info)
  })

  test.each(['', 'null', '[]', '{', '{"id":"0a0b0c0d"}', JSON.stringify({ ...info, address: { host: 7 } })])(
    'returns undefined for %j',
    (text) => {
      expect(readNodeInfo(text)).toBeUndefined()
    },
  )
})

describe('readFarPeers', () => {
  test('reads what a node wrote', () => {
    expect(readFarPeers(JSON.stringify(peers))).toEqual(peers)
  })

  test.each(['', '7', '{"providers":[]}', '{"providers":[1],"connectors":[]}', '{"providers":[],"connectors":[null]}'])(
    'returns undefined for %j',
    (text) => {
      expect(readFarPeers(text)).toBeUndefined()
    },
  )
})

test('readUse reads what a node wrote', () => {
  const entry = { used: { day: { period: '2026-11-27', bytes: 3 } }, isKept: true }
  expect(readUse(JSON.stringify(entry))).toEqual(entry)
})

test.each([
  '7',
  '{"used":{}}',
  '{"used":{"day":{"period":"x","bytes":-1}},"isKept":true}',
  '{"used":{"day":null},"isKept":true}',
])('readUse returns undefined for %j', (text) => {
  expect(readUse(text)).toBeUndefined()
})

test('readLoad reads what a node wrote', () => {
  const entry = { links: 2, channels: 3, up: 4.5, down: 0 }
  expect(readLoad(JSON.stringify(entry))).toEqual(entry)
})

test.each(['7', '{"links":1}', '{"links":-1,"channels":0,"up":0,"down":0}'])(
  'readLoad returns undefined for %j',
  (text) => {
    expect(readLoad(text)).toBeUndefined()
  },
)

test('readNodeInfo, readFarPeers, readLoad and readUse throw for no text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      readNodeInfo(text)
      readFarPeers(text)
      readLoad(text)
      readUse(text)
    }),
  )
})
