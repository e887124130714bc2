import { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SocketLinger } from './socket-linger.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

/** A stream with `bytes` bytes to write; `take` lets it write one of them. */
function slowStream(bytes: number) {
  const writes: (() => void)[] = []
  const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => void writes.push(done) })
  for (let byte = 0; byte < bytes; byte++) stream.write(Buffer.alloc(1))
  return { stream, take: () => writes.shift()?.() }
}

test('SocketLinger cuts a stream that has written nothing for the whole time', () => {
  const cut = vi.fn()
  const linger = new SocketLinger(slowStream(2).stream, 30_000, cut)
  vi.advanceTimersByTime(30_000)
  linger.stop()
  expect(cut).toHaveBeenCalledOnce()
})

test('SocketLinger leaves a stream alone that writes a little each time', () => {
  const cut = vi.fn()
  const { stream, take } = slowStream(10)
  const linger = new SocketLinger(stream, 30_000, cut)
  for (let byte = 0; byte < 9; byte++) {
    take()
    vi.advanceTimersByTime(30_000)
  }
  linger.stop()
  expect(cut).not.toHaveBeenCalled()
})

test('SocketLinger.stop ends the watch', () => {
  const cut = vi.fn()
  new SocketLinger(slowStream(2).stream, 30_000, cut).stop()
  vi.advanceTimersByTime(60_000)
  expect(cut).not.toHaveBeenCalled()
})
