import type { Moved } from '@ls/relay'
import { expect, test } from 'vitest'
import { tokenId } from '../tokens/token-text.js'
import { TokenTraffic } from './token-traffic.js'

const moved: Moved = {
  protocol: 'tcp',
  bytesToTarget: 1,
  bytesFromTarget: 2,
  queuedBytes: 0,
  unsentBytes: 0,
  windowStalls: 0,
  datagramsToTarget: 0,
  datagramsFromTarget: 0,
  droppedDatagrams: 0,
}

test('TokenTraffic gives one label to all tokens past its limit', () => {
  const traffic = new TokenTraffic(2)
  for (const token of ['a', 'b', 'c', 'd']) traffic.ended({ token }, moved)
  expect(traffic.snapshot([])).toEqual([
    { token: tokenId('a'), open: 0, ended: 1, bytesToTarget: 1, bytesFromTarget: 2 },
    { token: tokenId('b'), open: 0, ended: 1, bytesToTarget: 1, bytesFromTarget: 2 },
    { token: 'other', open: 0, ended: 2, bytesToTarget: 2, bytesFromTarget: 4 },
  ])
})

test('TokenTraffic keeps as many series as its limit, and all sums, while tokens come and go', () => {
  const traffic = new TokenTraffic()
  const tokens = Array.from({ length: 1500 }, (_none, index) => ({ token: String(index) }))
  for (const token of tokens) traffic.ended(token, moved)
  // Other objects: the same tokens, made again after they were removed.
  for (const { token } of tokens) traffic.ended({ token }, moved)
  const all = traffic.snapshot(tokens.map((token) => [token, moved]))
  const sumOf = (field: 'open' | 'ended' | 'bytesToTarget'): number => all.reduce((sum, each) => sum + each[field], 0)
  expect({ series: all.length, open: sumOf('open'), ended: sumOf('ended'), bytes: sumOf('bytesToTarget') }).toEqual({
    series: 1001,
    open: 1500,
    ended: 3000,
    bytes: 4500,
  })
})

test('TokenTraffic shows the name in the policy, and keeps it when it changes', () => {
  const traffic = new TokenTraffic()
  const token = { token: 'a', policy: { name: 'ada' } }
  traffic.ended(token, moved)
  token.policy = { name: 'grace' }
  traffic.ended(token, moved)
  expect(traffic.snapshot([])).toEqual([{ token: 'ada', open: 0, ended: 2, bytesToTarget: 2, bytesFromTarget: 4 }])
})

test('TokenTraffic adds open channels, and continues the totals of a token that is made again', () => {
  const traffic = new TokenTraffic()
  traffic.ended({ token: 'a' }, moved)
  expect(traffic.snapshot([[{ token: 'a' }, moved]])).toEqual([
    { token: tokenId('a'), open: 1, ended: 1, bytesToTarget: 2, bytesFromTarget: 4 },
  ])
})

test('TokenTraffic counts connector tokens of providers for their reverse token, and others by themselves', () => {
  const traffic = new TokenTraffic()
  const reverse = { token: 'r' }
  const [ofProvider, ofServer] = [
    { token: 'c', reverse, owner: '00' },
    { token: 'd', reverse, owner: undefined },
  ]
  traffic.ended(ofProvider, moved)
  traffic.ended(ofServer, moved)
  const open = traffic.snapshot([[ofProvider, moved]]).map((totals) => [totals.token, totals.open, totals.ended])
  expect(open).toEqual([
    [tokenId('r'), 1, 1],
    [tokenId('d'), 0, 1],
  ])
})
