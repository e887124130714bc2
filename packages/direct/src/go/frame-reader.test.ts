import { expect, test } from 'vitest'
import { FrameReader, frameOf } from './frame-reader.js'

const messages = [Buffer.from('one'), Buffer.alloc(5000, 2), Buffer.from('3')]
const stream = Buffer.concat(messages.map(frameOf))

test.each([1, 2, 3, 7, 1000, stream.length])('FrameReader finds the messages in pieces of %d bytes', (size) => {
  const reader = new FrameReader()
  const found: Uint8Array[] = []
  for (let at = 0; at < stream.length; at += size) found.push(...reader.push(stream.subarray(at, at + size)))
  expect(found.map((message) => Buffer.from(message))).toEqual(messages)
})

test.each([
  ['empty', '00000000', 'a frame of 0 bytes'],
  ['too long', '00200001', 'a frame of 2097153 bytes; the limit is 2097152'],
])('FrameReader refuses a frame that is %s', (_what, header, text) => {
  expect(() => new FrameReader().push(Buffer.from(header, 'hex'))).toThrow(text)
})
