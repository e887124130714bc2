import { Duplex } from 'node:stream'
import { FakeClock } from '@ls/testkit'
import { expect, test, vi } from 'vitest'
import { watchLastBytes } from './watch-last-bytes.js'

/** A stream with `bytes` bytes to write; `take` lets it write one of them. */
function slowStream(bytes: number) {
  const writes: (() => void)[] = []
  const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => void writes.push(done) })
  for (let byte = 0; byte < bytes; byte++) stream.write(Buffer.alloc(1))
  return { stream, take: () => writes.shift()?.() }
}

test('watchLastBytes cuts a stream that has written nothing for the whole time', () => {
  const cut = vi.fn()
  const clock = new FakeClock()
  const watch = watchLastBytes(slowStream(2).stream, 30_000, cut, clock)
  clock.advance(30_000)
  watch.stop()
  expect(cut).toHaveBeenCalledOnce()
})

test('watchLastBytes does not end a stream that still writes a little', () => {
  const cut = vi.fn()
  const clock = new FakeClock()
  const { stream, take } = slowStream(10)
  const watch = watchLastBytes(stream, 30_000, cut, clock)
  for (let byte = 0; byte < 9; byte++) {
    take()
    clock.advance(30_000)
  }
  watch.stop()
  expect(cut).not.toHaveBeenCalled()
})

test('watchLastBytes ends with stop', () => {
  const cut = vi.fn()
  const clock = new FakeClock()
  watchLastBytes(slowStream(2).stream, 30_000, cut, clock).stop()
  clock.advance(60_000)
  expect(cut).not.toHaveBeenCalled()
})
