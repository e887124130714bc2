import { FakeClock, memoryTransportPair, RecordingHandler } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { Account } from './account.js'
import { MeteredTransport } from './metered-transport.js'

describe('MeteredTransport', () => {
  let clock: FakeClock
  let faults: string[]
  beforeEach(() => {
    clock = new FakeClock()
    faults = []
  })

  function metered(dailyBytes = 1_000_000) {
    const [near, far] = memoryTransportPair({ clock })
    const account = new Account({ clock, owner: 'provider', bytesPerSecond: 1000, dailyBytes, maxChannels: 1 })
    const onUsedUp = (fault: string) => void faults.push(fault)
    const transport = new MeteredTransport(near, { clock, accounts: [account], onUsedUp })
    const handler = new RecordingHandler()
    transport.setHandler(handler)
    far.setHandler(new RecordingHandler())
    return { transport, far, handler }
  }

  test('lets messages through at the rate, none of them lost', () => {
    const { far, handler } = metered()
    for (let count = 0; count < 5; count++) far.send(new Uint8Array(1000))
    const seen = Array.from({ length: 6 }, () => {
      clock.advance(1000)
      return handler.messages.length
    })
    // The first second was available at the start; after it, one message passes each second, and the next one waits in
    // the transport.
    expect(seen).toEqual([3, 4, 5, 5, 5, 5])
  })

  test('stays paused for its owner when its rest is over', () => {
    const { transport, far, handler } = metered()
    for (let count = 0; count < 3; count++) far.send(new Uint8Array(2000))
    clock.advance(1)
    transport.pause()
    clock.advance(10_000)
    const before = handler.messages.length
    transport.resume()
    clock.advance(10_000)
    expect({ before, messages: handler.messages.length }).toEqual({ before: 1, messages: 3 })
  })

  test('rests on where its owner resumes it too early', () => {
    const { transport, far, handler } = metered()
    for (let count = 0; count < 2; count++) far.send(new Uint8Array(3000))
    clock.advance(1)
    transport.pause()
    transport.resume()
    clock.advance(1000)
    expect(handler.messages).toHaveLength(1)
  })

  test('reports when the bytes of the day are used up', () => {
    const { far } = metered(1500)
    for (let count = 0; count < 2; count++) far.send(new Uint8Array(1000))
    clock.advance(1000)
    expect(faults).toEqual(['this provider has moved its 1500 bytes of 24 hours; try again in 24 h'])
  })

  test('rests no longer once it is over', () => {
    const { transport, far } = metered()
    far.send(new Uint8Array(5000))
    clock.advance(1)
    transport.destroy()
    clock.advance(1)
    expect(clock.nextDueMs).toBeUndefined()
  })
})
