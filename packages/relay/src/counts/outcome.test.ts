import type { ChannelCloseReason } from '@ls/mux'
import { describe, expect, test } from 'vitest'
import { outcomeOf, outcomeOfForwarded } from './outcome.js'

describe('outcomeOf', () => {
  test.each<[string, boolean, ChannelCloseReason, string]>([
    ['a plain end', true, { kind: 'ended', error: '' }, 'ok'],
    ['our own plain end', true, { kind: 'local', error: '' }, 'ok'],
    ['a refusal of the peer', true, { kind: 'refused', error: 'dns: no such host' }, 'dns'],
    ['our own refusal', false, { kind: 'local', error: 'forbidden: not allowed' }, 'forbidden'],
    ['a refusal without a known word', true, { kind: 'refused', error: 'no' }, 'failed'],
    ['an error of the peer later on', true, { kind: 'aborted', error: 'failed: reset' }, 'aborted'],
    ['an error of ours later on', true, { kind: 'local', error: 'failed: reset' }, 'aborted'],
    ['a peer that goes before it has the answer', false, { kind: 'ended', error: '' }, 'cancelled'],
    ['an offer that is withdrawn', false, { kind: 'local', error: '' }, 'cancelled'],
    ['a session that ends', true, { kind: 'session', error: 'gone' }, 'link-lost'],
  ])('of %s', (_what, answered, reason, outcome) => {
    expect(outcomeOf({ answered }, reason)).toBe(outcome)
  })
})

test('outcomeOfForwarded distinguishes a refusal from all other ends', () => {
  const refused = outcomeOfForwarded({ refusal: 'timeout: no answer' })
  expect({ refused, outcomeOfForwarded: outcomeOfForwarded({ refusal: undefined }) }).toEqual({
    refused: 'timeout',
    outcomeOfForwarded: 'ok',
  })
})
