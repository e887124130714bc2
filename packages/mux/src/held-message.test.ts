import { encode, MessageType } from '@ls/codec'
import { expect, test } from 'vitest'
import { checkProtocol, detached } from './held-message.js'

test('detached copies a short view, so that the chunk below it is not kept', () => {
  const chunk = Buffer.alloc(65_536, 7)
  const kept = detached(chunk.subarray(100, 125))
  expect([kept.buffer.byteLength, [...kept.subarray(0, 2)]]).toEqual([25, [7, 7]])
})

test('detached does not copy what makes up a third of its buffer', () => {
  const bytes = new Uint8Array(100)
  expect(detached(bytes.subarray(0, 40)).buffer).toBe(bytes.buffer)
})

test('checkProtocol refuses Data of the other protocol', () => {
  const payload = new Uint8Array(1)
  const channelId = new Uint8Array(16)
  const data = encode({ type: MessageType.Data, protocol: 'udp', channelId, compression: 'none', payload })
  expect(() => checkProtocol(data, 'tcp')).toThrow('Data of protocol 2 came on a tcp channel')
})
