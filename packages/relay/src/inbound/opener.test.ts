import type { Channel, ChannelHandler } from '@ls/mux'
import { expect, test } from 'vitest'
import { sessionPair } from '../../testing/session-pair.js'
import { targetOf } from '../../testing/target-of.js'
import { openAnswered, openAtOnce } from './opener.js'

const request = {
  protocol: 'tcp',
  address: targetOf('target'),
  signal: new AbortController().signal,
} as const

/** A peer whose Data passes its answer, as deployed servers in agent mode let it happen. */
function hastyPeer(after: (channel: Channel) => void = () => {}) {
  return sessionPair((channel) => {
    channel.send(Buffer.from('first'))
    channel.accept()
    after(channel)
  })
}

/** What a channel delivers until it is closed. */
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
