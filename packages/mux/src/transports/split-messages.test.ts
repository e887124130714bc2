import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SplitMessages } from './split-messages.js'

test('SplitMessages gives the same messages however the bytes are split', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 1, max: 50 }), (messages, step) => {
      const bytes = Buffer.concat(
        messages.map((message) => Buffer.concat([Buffer.of(0, 0, 0, message.length), message])),
      )
      const split = new SplitMessages(40)
      const got: number[][] = []
      for (let at = 0; at < bytes.length; at += step) {
        split.push(bytes.subarray(at, at + step))
        for (let frame = split.shift(); frame?.kind === 'message'; frame = split.shift()) got.push([...frame.bytes])
      }
      expect(got).toEqual(messages.map((message) => [...message]))
    }),
  )
})

test('SplitMessages refuses a close frame that no sender makes', () => {
  const split = new SplitMessages(1_000_000)
  split.push(Uint8Array.of(0x80, 0, 0, 126))
  expect(split.shift()).toMatchObject({ kind: 'fault', reason: { code: 1009 } })
})
