import { FakeClock, memoryTransportPair } from '@ls/testkit'
import { expect, test } from 'vitest'
import { MessageReader } from './message-reader.js'

function makeReader() {
  const clock = new FakeClock()
  const [near, far] = memoryTransportPair({ clock })
  return { clock, far, near, reader: new MessageReader(near, clock) }
}

test('MessageReader gives messages one by one and leaves the rest to the next handler', async () => {
  const { clock, near, far, reader } = makeReader()
  for (const byte of [1, 2, 3]) far.send(Uint8Array.of(byte))
  const first = reader.next(1000)
  clock.advance(1)
  const second = reader.next(1000)
  clock.advance(1)
  const rest: number[] = []
  near.setHandler({ onMessage: (message) => rest.push(message[0] ?? 0), onDrain: () => {}, onClose: () => {} })
  near.resume()
  clock.advance(1)
  expect({ first: (await first)[0], second: (await second)[0], rest, pendingTimers: clock.pendingTimers }).toEqual({
    first: 1,
    second: 2,
    rest: [3],
    pendingTimers: 0,
  })
})

test('MessageReader rejects with ERR_MUX_TIMEOUT at the deadline', async () => {
  const { clock, reader } = makeReader()
  const late = reader.next(1000)
  clock.advance(1000)
  await expect(late).rejects.toMatchObject({ code: 'ERR_MUX_TIMEOUT' })
})

test('MessageReader rejects when the transport closes, now and from then on', async () => {
  const { clock, far, reader } = makeReader()
  const now = reader.next(1000)
  far.close({ code: 1000, reason: 'no' })
  clock.advance(1000)
  await expect(now).rejects.toMatchObject({
    code: 'ERR_MUX_SESSION_CLOSED',
    message: 'the peer closed the connection: no',
  })
  await expect(reader.next(1000)).rejects.toMatchObject({ code: 'ERR_MUX_SESSION_CLOSED' })
})
