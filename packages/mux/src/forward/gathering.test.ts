import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { Flow } from '../flow/flow.js'
import { FramePool } from '../memory/frame-pool.js'
import { resolveSessionOptions } from '../options.js'
import type { ChannelHost } from '../session/table-entry.js'
import { Gathering } from './gathering.js'

const fullBytes = 65_536

/** A flow to a base peer, and the payload in it at each time it was sent. */
function gathering() {
  const clock = new FakeClock()
  const sent: number[] = []
  const owner = { onDrain() {}, onSent() {}, onFinished() {} }
  const framePool = new FramePool()
  const flow = new Flow({ channelId: new Uint8Array(16), owner, highWaterBytes: 1, creditBytes: Infinity, framePool })
  const options = resolveSessionOptions({ clock, baseMessageBytes: 4 * fullBytes })
  for (const bytes of [fullBytes, 2 * fullBytes]) options.baseMessageSize?.taken(bytes)
  const host = {
    options,
    activate: () => {
      sent.push(flow.queuedBytes)
      flow.take(Infinity)
    },
  } as unknown as ChannelHost
  const subject = new Gathering(host, flow)
  const fill = (bytes: number): void => {
    flow.pushPayload(new Uint8Array(bytes))
    subject.filled()
  }
  return { clock, sent, fill, subject }
}

test('Gathering sends full messages that come within a moment as one', () => {
  const { clock, sent, fill } = gathering()
  fill(fullBytes)
  fill(fullBytes)
  clock.advance(1)
  expect(sent).toEqual([2 * fullBytes])
})

test('Gathering sends a short message immediately', () => {
  const { sent, fill } = gathering()
  fill(10)
  expect(sent).toEqual([10])
})

test('Gathering sends a short rest with the full messages before it', () => {
  const { clock, sent, fill } = gathering()
  fill(fullBytes)
  fill(10)
  clock.advance(1)
  expect(sent).toEqual([fullBytes + 10])
})

test('Gathering sends immediately when it has a full message', () => {
  const { clock, sent, fill } = gathering()
  for (let count = 0; count < 4; count++) fill(fullBytes)
  clock.advance(1)
  expect(sent).toEqual([4 * fullBytes])
})

test('Gathering sends nothing after stop', () => {
  const { clock, sent, fill, subject } = gathering()
  fill(fullBytes)
  subject.stop()
  clock.advance(1)
  expect(sent).toEqual([])
})
