import { encode, fflateCompressor, MessageType, newChannelId } from '@ls/codec'
import { FakeClock, memoryTransportPair } from '@ls/testkit'
import { expect, test } from 'vitest'
import { type Channel, type ChannelCloseReason, SessionOfParts, StartLimit } from '../index.js'

const extensions = ['window', 'fin', 'resume'] as const

/** A channel of a session without code for compressed data, as in a page. */
function pageChannel() {
  const clock = new FakeClock()
  const [near, far] = memoryTransportPair({ clock })
  const channels: Channel[] = []
  const load = () => Promise.reject(new Error('no bulk here'))
  const session = new SessionOfParts(
    { clock, extensions },
    { onConnect: (channel) => void channels.push(channel) },
    { pathLimit: (options) => new StartLimit({ ...options, load }) },
  )
  session.attach(near)
  const channelId = newChannelId()
  far.send(encode({ type: MessageType.Connect, protocol: 'tcp', channelId, address: { host: 'a', port: 1 } }))
  clock.advance(10)
  const closes: ChannelCloseReason[] = []
  channels[0]?.accept({ onClose: (reason) => closes.push(reason) })
  const receive = (payload: Uint8Array): void => {
    far.send(encode({ type: MessageType.Data, protocol: 'tcp', channelId, compression: 'gzip', payload }))
    clock.advance(10)
  }
  return { session, channel: channels[0]!, closes, receive }
}

test('Session without code for compressed data aborts the channel that receives some', () => {
  const { session, closes, receive } = pageChannel()
  receive(fflateCompressor.gzip(new Uint8Array(1000)))
  expect({ closes, session: session.state }).toEqual({
    closes: [{ kind: 'local', error: 'failed: compressed data, and nothing to inflate it' }],
    session: 'linked',
  })
})

test('Session without code for compressed data refuses to send some', () => {
  const { channel } = pageChannel()
  const gzip = fflateCompressor.gzip(new Uint8Array(1000))
  expect(() => channel.send(gzip, { inflatedBytes: 1000 })).toThrow('compressed data, and nothing to inflate it')
})
