import { expect, test } from 'vitest'
import { Presence } from './presence.js'

test('Presence forgets all peers of a node', () => {
  const presence = new Presence()
  const peers = { providers: ['p'], connectors: [] }
  presence.set('s', 'a', peers)
  presence.set('t', 'a', peers)
  presence.set('t', 'b', peers)
  presence.forget('a')
  expect({ size: presence.size, nodes: presence.nodesWith('t', undefined) }).toEqual({ size: 1, nodes: ['b'] })
})
