import type { Channel, ChannelHandler } from '@ls/mux'
import { echoServer, FakeClock, turns } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../../testing/cleanup.js'
import { sessionPair } from '../../testing/session-pair.js'
import { targetOf } from '../../testing/target-of.js'
import { Canceller } from '../cancellation.js'
import { Outbound } from '../outbound/outbound.js'
import { openAnswered, openAtOnce } from './opener.js'

const request = {
  protocol: 'tcp',
  address: targetOf('target'),
  signal: new AbortController().signal,
} as const

/** A peer whose Data overtakes its answer, as deployed servers in agent mode allow. */
function hastyPeer(after: (channel: Channel) => void = () => {}) {
  return sessionPair((channel) => {
    channel.send(Buffer.from('first'))
    channel.accept()
    after(channel)
  })
}

/** Payload that a channel delivers until it is closed. */
function received(channel: Channel): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const handler: ChannelHandler = {
      onData: (payload) => {
        text += Buffer.from(payload).toString()
      },
      onEnd: () => resolve(text),
      onClose: () => resolve(text),
    }
    channel.setHandler(handler)
    channel.resume()
  })
}

test('openAnswered keeps Data that comes before the answer', async () => {
  const { near } = hastyPeer((channel) => channel.end())
  const { channel } = await openAnswered({ pick: () => near }, request)
  expect(await received(channel)).toBe('first')
})

test('openAnswered keeps Data that comes before the answer on a base link', async () => {
  const { near } = sessionPair(
    (channel) => {
      channel.send(Buffer.from('first'))
      channel.accept()
      channel.disconnect()
    },
    { extensions: [] },
  )
  const { channel } = await openAnswered({ pick: () => near }, request)
  expect(await received(channel)).toBe('first')
})

test('openAtOnce keeps Data until its caller takes it', async () => {
  const { near } = hastyPeer((channel) => channel.end())
  const { channel } = await openAtOnce({ pick: () => near }, request)
  await new Promise((resolve) => setImmediate(resolve))
  expect(await received(channel)).toBe('first')
})

/** A pair of sessions of which one side's memory is in use; returns a function that frees it. */
function shortOfMemory(side: 'near' | 'far') {
  const clock = new FakeClock()
  const outbound = new Outbound()
  const pair = sessionPair((channel) => outbound.serve(channel), { clock, budgetBytes: 1_000_000 })
  const { budget } = pair[side].options
  budget.charge(1_000_000)
  return { ...pair, clock, free: () => budget.release(1_000_000) }
}

describe.each(['near', 'far'] as const)('openAnswered while memory is short at the %s end', (side) => {
  test('waits, and continues once there is memory', async () => {
    const target = closing(await echoServer())
    const { near, clock, free } = shortOfMemory(side)
    const opening = openAnswered({ pick: () => near }, { ...request, address: targetOf(target.host, target.port) })
    await turns(10)
    const reached = target.sockets.size
    free()
    clock.advance(100)
    const { channel } = await opening
    expect({ reached, state: channel.state }).toEqual({ reached: 0, state: 'open' })
  })

  test('fails with "busy" after 10 s', async () => {
    const { near, clock } = shortOfMemory(side)
    const opening = openAnswered({ pick: () => near }, request)
    const failed = opening.catch((error: unknown) => error)
    await turns(10)
    clock.advance(11_000)
    expect(await failed).toMatchObject({ failure: { word: 'busy', detail: 'memory was short for 10000 ms' } })
  })

  test('leaves nothing behind when its caller gives up', async () => {
    const { near, far, clock } = shortOfMemory(side)
    const gone = new Canceller()
    const opening = openAnswered({ pick: () => near }, { ...request, signal: gone })
    const failed = opening.catch((error: unknown) => error)
    await turns(10)
    gone.abort(new Error('gone'))
    await failed
    await turns(10)
    clock.advance(100)
    expect({ near: near.channelCount, far: far.channelCount }).toEqual({ near: 0, far: 0 })
  })
})
