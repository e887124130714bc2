import { expect, test } from 'vitest'
import { makeOwnKey, makeSessionId, pairIdOf, pairKeyOf } from './pair-key.js'
import { ProofFrames } from './proof-frame.js'

const pairId = '00112233-4455-4677-8899-aabbccddeeff'
const key = Buffer.alloc(32, 7)
const nonce = Buffer.from('0102030405060708', 'hex')

test('ProofFrames makes the frame of Go 1.10', () => {
  // Computed with computeDirectProbeMAC of LinkSocks 1.10.3: HMAC-SHA256 over version, type, session and nonce.
  const frame = new ProofFrames('probe', pairId, key).make('ask', nonce).toString('hex')
  expect(frame).toBe(`4c5348500201${pairId.replaceAll('-', '')}0102030405060708fc0efd34272d30d550789dfdf7597c92`)
})

test('ProofFrames reads what the other end has made', () => {
  const frame = new ProofFrames('hello', pairId, key).make('answer', nonce)
  expect(new ProofFrames('hello', pairId, key).read(frame)).toEqual({ type: 'answer', nonce })
})

test.each([
  ['another key', new ProofFrames('probe', pairId, Buffer.alloc(32, 8)).make('ask')],
  ['another pair', new ProofFrames('probe', pairId.replace('00', '01'), key).make('ask')],
  ['another kind', new ProofFrames('hello', pairId, key).make('ask')],
  ['a changed frame', changed(new ProofFrames('probe', pairId, key).make('ask'))],
  ['a short packet', Buffer.from('LSHP')],
])('ProofFrames reads nothing of %s', (_what, packet) => {
  expect(new ProofFrames('probe', pairId, key).read(packet)).toBeUndefined()
})

function changed(frame: Buffer): Buffer {
  frame[25]! ^= 1
  return frame
}

test('both ends of a pair derive the same key', () => {
  const [own, peer] = [makeOwnKey(), makeOwnKey()]
  expect(pairKeyOf(pairId, own, peer.publicKey)).toEqual(pairKeyOf(pairId, peer, own.publicKey))
})

test('makeSessionId makes the smaller id of a pair', () => {
  const id = makeSessionId()
  expect(pairIdOf(id, '01112233-4455-4677-8899-aabbccddeeff')).toBe(id)
})
