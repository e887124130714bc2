import { expect, test } from 'vitest'
import type { TokenUses } from '../policy/token-uses.js'
import type { Relay } from '../relay-mode/relay.js'
import type { Tickets } from '../tickets/tickets.js'
import { admissionChecks } from './admission-checks.js'
import type { Identity } from './peer.js'

test('admissionChecks asks no service about a client that the relay refuses', () => {
  let asked = 0
  const uses = { permit: () => void asked++ } as unknown as TokenUses
  const refuse = (): never => {
    throw new Error('enough for today')
  }
  const relay = { permit: refuse } as unknown as Relay
  const checks = admissionChecks({ uses, tickets: {} as Tickets, relay: () => relay, isRelay: true })
  expect(() => checks.permit({} as Identity, '127.0.0.1', undefined)).toThrow('enough for today')
  expect(asked).toBe(0)
})
