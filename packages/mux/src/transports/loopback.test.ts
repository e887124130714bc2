import { describeMessageTransport, RecordingHandler, turns } from '@ls/testkit'
import { expect, test } from 'vitest'
import { loopbackPair } from './loopback.js'

describeMessageTransport('loopbackPair', () => {
  const [left, right] = loopbackPair()
  return Promise.resolve({ left, right })
})

describeMessageTransport('loopbackPair with setImmediate and shared memory', () => {
  const [left, right] = loopbackPair({ defer: setImmediate, sharesMemory: true })
  return Promise.resolve({ left, right })
})

test.each([
  [false, [1]],
  [true, [2]],
])('loopbackPair with sharesMemory %s delivers %j when the sender uses its memory again', async (sharesMemory, got) => {
  const [left, right] = loopbackPair({ sharesMemory })
  const handler = new RecordingHandler()
  const message = Uint8Array.of(1)
  left.send(message)
  message[0] = 2
  right.setHandler(handler)
  await turns(1)
  expect(handler.messages.map(([byte]) => byte)).toEqual(got)
})
