import {
  type Channel,
  type ChannelHandler,
  loopbackPair,
  Session,
  type TransportHandler,
  WrappedTransport,
} from '@ls/mux'
import { turns, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { TcpSocket } from './tcp-socket.js'

const terms = { extensions: ['window', 'fin'] } as const
const address = { host: 'target.test', port: 7 }

/** Gives each message memory of its own, as a WebSocket does. */
class OwnMemory extends WrappedTransport {
  override setHandler(handler: TransportHandler): void {
    super.setHandler({
      onMessage: (message) => handler.onMessage(Uint8Array.from(message)),
      onDrain: () => handler.onDrain(),
      onClose: (reason) => handler.onClose(reason),
    })
  }
}

/** A socket, and the channel at its far end. */
async function connected({ accept = true, ownsMemory = false } = {}) {
  const [left, right] = loopbackPair()
  const channels: Channel[] = []
  const provider = new Session(terms, { onConnect: (channel) => void channels.push(channel) })
  const session = new Session(terms)
  provider.attach(right)
  session.attach(new OwnMemory(left))
  const near = session.open({ protocol: 'tcp', address })
  const socket = new TcpSocket(
    address,
    (handler) => {
      near.setHandler(handler)
      return near
    },
    { ownsMemory },
  )
  await until(() => channels.length === 1, 'the channel')
  const [channel] = channels
  if (channel === undefined) throw new Error('no channel')
  if (accept) channel.accept({})
  return { socket, near, channel }
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

test('TcpSocket.opened contains the target', async () => {
  const { socket } = await connected()
  expect(await socket.opened).toMatchObject({ remoteAddress: 'target.test', remotePort: 7 })
})

test('TcpSocket.opened rejects with the reason of a refusal', async () => {
  const { socket, channel } = await connected({ accept: false })
  channel.reject('refused: nobody there')
  await expect(socket.opened).rejects.toMatchObject({ code: 'ERR_WEB_REFUSED', message: 'refused: nobody there' })
})

test('TcpSocket.readable ends with the far end', async () => {
  const { socket, channel } = await connected()
  channel.send(bytes('hello'))
  channel.end()
  expect(await new Response(socket.readable).text()).toBe('hello')
})

test('TcpSocket.readable gives a reader the rest of what its own buffer had no room for', async () => {
  const { socket, channel } = await connected()
  channel.send(bytes('hello'))
  const reader = socket.readable.getReader({ mode: 'byob' })
  const first = await reader.read(new Uint8Array(3))
  const second = await reader.read(new Uint8Array(3))
  expect([first, second].map(({ value }) => new TextDecoder().decode(value))).toEqual(['hel', 'lo'])
})

test('TcpSocket.readable ends for a reader with a buffer of its own', async () => {
  const { socket, channel } = await connected()
  const reading = socket.readable.getReader({ mode: 'byob' }).read(new Uint8Array(3))
  channel.end()
  expect((await reading).done).toBe(true)
})

test('TcpSocket.readable fails when the connection breaks', async () => {
  const { socket, channel } = await connected()
  const reading = socket.readable.getReader().read()
  channel.abort('reset: by the target')
  await expect(reading).rejects.toMatchObject({ code: 'ERR_WEB_BROKEN', message: 'reset: by the target' })
})

test('TcpSocket.readable without a reader takes at most a window', async () => {
  const { near, channel } = await connected()
  for (let sent = 0; sent < 64; sent++) channel.send(new Uint8Array(65_536))
  await turns(20)
  expect(near.receivedBytes).toBeLessThanOrEqual(262_144)
})

test('TcpSocket.writable copies, so that a chunk may be used again', async () => {
  const { socket, channel } = await connected()
  const received: string[] = []
  channel.setHandler({ onData: (payload) => received.push(new TextDecoder().decode(payload)) })
  channel.resume()
  const chunk = bytes('one')
  const written = socket.writable.getWriter().write(chunk)
  await turns(1)
  chunk.fill(0)
  await written
  await until(() => received.length > 0, 'the bytes')
  expect(received).toEqual(['one'])
})

test('TcpSocket.writable copies a chunk that has to wait for credit', async () => {
  const { socket, channel } = await connected()
  let sum = 0
  channel.pause()
  const chunk = new Uint8Array(300_000).fill(1)
  const written = socket.writable.getWriter().write(chunk)
  await turns(5)
  chunk.fill(0)
  channel.setHandler({
    onData: (payload) => {
      sum += payload.reduce((total, byte) => total + byte, 0)
      channel.consumed(payload.length)
    },
  })
  channel.resume()
  await written
  await until(() => channel.receivedBytes === 300_000, 'the bytes')
  expect(sum).toBe(300_000)
})

test.each([true, false])('TcpSocket.readable with ownsMemory %s', async (ownsMemory) => {
  const { socket, channel } = await connected({ ownsMemory })
  const sent = bytes('hello')
  channel.send(sent)
  const { value } = await socket.readable.getReader().read()
  expect({ text: new TextDecoder().decode(value), bufferBytes: value?.buffer.byteLength }).toEqual({
    text: 'hello',
    // The message has 24 bytes more than its payload.
    bufferBytes: ownsMemory ? 29 : 5,
  })
})

test('TcpSocket.writable half-closes', async () => {
  const { socket, channel } = await connected()
  let ended = false
  channel.setHandler({ onEnd: () => (ended = true) })
  channel.resume()
  await socket.writable.close()
  await until(() => ended, 'the end')
  expect(channel.state).not.toBe('closed')
})

test('TcpSocket.writable refuses text', async () => {
  const { socket } = await connected()
  const written = socket.writable.getWriter().write('text' as unknown as BufferSource)
  await expect(written).rejects.toThrow('encode text with TextEncoder')
})

test('TcpSocket.close resets both directions', async () => {
  const { socket, channel } = await connected()
  const closes: unknown[] = []
  channel.setHandler({ onClose: (reason) => closes.push(reason) })
  socket.close('enough')
  await until(() => closes.length > 0, 'the reset')
  expect(closes).toEqual([{ kind: 'aborted', error: 'failed: enough' }])
})

test('TcpSocket.closed resolves once both directions have ended', async () => {
  const { socket, channel } = await connected()
  channel.resume()
  channel.end()
  await socket.writable.close()
  await new Response(socket.readable).text()
  expect(await socket.closed).toBe(undefined)
})

test('TcpSocket.readable that is cancelled before there is a channel resets it', async () => {
  const { near, channel } = await connected()
  let give: () => void = () => {}
  const attachedLater = async (handler: ChannelHandler): Promise<Channel> => {
    await new Promise<void>((resolve) => (give = resolve))
    near.setHandler(handler)
    return near
  }
  const socket = new TcpSocket(address, attachedLater)
  const cancelled = socket.readable.cancel('not wanted')
  const closes: unknown[] = []
  channel.setHandler({ onClose: (reason) => closes.push(reason) })
  give()
  await cancelled
  await until(() => closes.length > 0, 'the reset')
  expect(closes).toEqual([{ kind: 'aborted', error: 'failed: not wanted' }])
})

test('TcpSocket.writable.abort resets a connection whose far end does not read', async () => {
  const { socket, channel } = await connected()
  const closes: unknown[] = []
  channel.setHandler({ onClose: (reason) => closes.push(reason) })
  const writer = socket.writable.getWriter()
  const writes = Array.from({ length: 64 }, () => writer.write(new Uint8Array(65_536)).catch(() => {}))
  await turns(5)
  void writer.abort('enough').catch(() => {})
  await Promise.all(writes)
  channel.resume()
  await until(() => closes.length > 0, 'the reset')
  expect(closes).toEqual([{ kind: 'aborted', error: 'failed: enough' }])
})
