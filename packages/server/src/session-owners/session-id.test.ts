import { expect, test } from 'vitest'
import { makeOwnerId, makeSessionId, ownerIdOf } from './session-id.js'

test('makeSessionId names its owner, whom ownerIdOf finds', () => {
  const owner = makeOwnerId()
  expect(ownerIdOf(makeSessionId(owner))).toBe(owner)
})

test.each([undefined, makeOwnerId()])('makeSessionId makes 16 bytes for the owner %s', (owner) => {
  expect(makeSessionId(owner)).toMatch(/^[0-9a-f]{32}$/)
})
