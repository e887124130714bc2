import { expect, test } from 'vitest'
import type { Identity } from '../links/peer.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { Tickets } from '../tickets/tickets.js'
import { gateOf } from './gate.js'
import type { Relay } from './relay.js'

test('gateOf asks no service about a client that the relay refuses', () => {
  let asked = 0
  const uses = { permit: () => void asked++ } as unknown as TokenUses
  const refuse = (): never => {
    throw new Error('enough for today')
  }
  const gate = gateOf(uses, {} as Tickets, () => ({ permit: refuse }) as unknown as Relay, true)
  expect(() => gate.permit({} as Identity, '127.0.0.1', undefined)).toThrow('enough for today')
  expect(asked).toBe(0)
})
