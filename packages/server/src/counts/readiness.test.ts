import { expect, test } from 'vitest'
import { readinessOf } from './readiness.js'

const listening = { state: 'listening', blockedPorts: [], tokensWithoutProvider: 0 } as const

test.each([
  ['idle', 'the server has not started'],
  ['starting', 'the server is starting'],
  ['draining', 'the server is draining'],
  ['closing', 'the server is shutting down'],
  ['closed', 'the server is closed'],
] as const)('readinessOf a server that is %s gives the reason', (state, reason) => {
  expect(readinessOf({ ...listening, state })).toEqual({ ready: false, reasons: [reason], notes: [] })
})

test('readinessOf names a proxy port that cannot be opened', () => {
  const { ready, reasons } = readinessOf({ ...listening, blockedPorts: [9870] })
  expect({ ready, reasons }).toEqual({ ready: false, reasons: ['proxy port 9870 of a reverse token cannot be opened'] })
})

test('readinessOf reports a missing provider as a note: the probe may control access to the server', () => {
  const { ready, notes } = readinessOf({ ...listening, tokensWithoutProvider: 1 })
  expect({ ready, notes }).toEqual({ ready: true, notes: ['no provider is linked for 1 reverse token'] })
})

test('readinessOf a node that waits for its cluster gives the reason', () => {
  const { ready, reasons } = readinessOf({ ...listening, waitsFor: 'NATS cannot be used' })
  expect({ ready, reasons }).toEqual({ ready: false, reasons: ['waiting for the cluster: NATS cannot be used'] })
})
