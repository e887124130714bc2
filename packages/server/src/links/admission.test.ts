import { decode, MessageType } from '@ls/codec'
import { FakeClock, memoryTransportPair, RecordingHandler } from '@ls/testkit'
import { expect, test } from 'vitest'
import { refuse } from './admission.js'

/** Messages that a refused client receives. */
function refused(error: string): RecordingHandler {
  const clock = new FakeClock()
  const [server, client] = memoryTransportPair({ clock })
  const handler = new RecordingHandler()
  client.setHandler(handler)
  refuse(server, error)
  clock.advance(10)
  return handler
}

test('refuse sends AuthResponse with the reason, and nothing else', () => {
  const { messages } = refused('invalid token')
  const expected = { type: MessageType.AuthResponse, success: false, error: 'invalid token' }
  expect(messages.map((message) => decode(message))).toEqual([expected])
})

test('refuse closes with 1008 and the reason', () => {
  expect(refused('invalid token').closes).toEqual([{ code: 1008, reason: 'invalid token' }])
})
