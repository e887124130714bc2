import { memoryTransportPair } from '@ls/testkit'
import { expect, test } from 'vitest'
import { connectByteStream } from './connect-byte-stream.js'

test.each([0, -1, Number.NaN])(
  'connectByteStream refuses answerWaitMs %d before it opens a link',
  async (answerWaitMs) => {
    let opened = 0
    const connect = () => {
      opened++
      return Promise.resolve(memoryTransportPair()[0])
    }
    await expect(connectByteStream({ url: 'ws://host.test', answerWaitMs, connect })).rejects.toThrow(
      new RangeError(`answerWaitMs is ${answerWaitMs}; it must be from 1 to 2147483647 ms`),
    )
    expect(opened).toBe(0)
  },
)
