import { type Compressor, encode, encodeTcpData, type InflationOwner, MessageType, newChannelId } from '@ls/codec'
import { describe, expect, test } from 'vitest'
import { Flow } from '../flow/flow.js'
import { processFramePool } from '../memory/frame-pool.js'
import { Reframing } from './reframing.js'

const channelId = newChannelId()

/** A flow behind a reframing, and an inflater whose pieces the test provides. */
function setUp(highWaterBytes = 1000) {
  const owner = { onDrain: () => {}, onSent: () => {}, onFinished: () => {} }
  const flow = new Flow({ channelId, owner, highWaterBytes, creditBytes: Infinity, framePool: processFramePool })
  const inflations: { readonly owner: InflationOwner; stopped: boolean }[] = []
  const errors: string[] = []
  const inflate: Compressor['inflate'] = (_gzip, _maxInflatedBytes, inflationOwner) => {
    const inflation = { owner: inflationOwner, stopped: false }
    inflations.push(inflation)
    return { onDrain: () => {}, stop: () => (inflation.stopped = true) }
  }
  const compressor: Compressor = { gzip: (bytes) => bytes, gunzip: (bytes) => bytes, inflate }
  const onError = ({ message }: Error): unknown => errors.push(message)
  const reframing = new Reframing({ flow, compressor, onFilled: () => {}, onError })
  return { flow, reframing, inflations, errors }
}

const plain = (bytes: number): Uint8Array => encodeTcpData(channelId, new Uint8Array(bytes))

function compressed(bytes: number): Uint8Array {
  const payload = new Uint8Array(bytes)
  return encode({ type: MessageType.Data, channelId, protocol: 'tcp', compression: 'gzip', payload })
}

describe('Reframing', () => {
  test('puts plain payload into the flow immediately', () => {
    const { flow, reframing } = setUp()
    reframing.push(plain(70), 70)
    expect({ queuedBytes: flow.queuedBytes, memoryBytes: reframing.memoryBytes }).toEqual({
      queuedBytes: 70,
      memoryBytes: 0,
    })
  })

  test('inflates nothing before it is taken: compressed data waits as it came', () => {
    const { flow, reframing } = setUp()
    const message = compressed(50)
    reframing.push(message, 60_000_000)
    expect({
      queuedBytes: flow.queuedBytes,
      waitingBytes: reframing.waitingBytes,
      restBytes: reframing.restBytes,
    }).toEqual({ queuedBytes: 0, waitingBytes: message.length, restBytes: 60_000_000 })
  })

  test('takes no more pieces while the flow is full', () => {
    const { reframing, inflations } = setUp(1000)
    reframing.push(compressed(50), 60_000_000)
    const takes = (): boolean | undefined => inflations[0]?.owner.onPiece(new Uint8Array(600))
    expect({ first: takes(), second: takes() }).toEqual({ first: true, second: false })
  })

  test('keeps the order: what comes behind compressed data waits for it', () => {
    const { flow, reframing, inflations } = setUp()
    reframing.push(compressed(50), 10)
    reframing.push(plain(7), 7)
    reframing.finish(Uint8Array.of(1))
    const before = flow.queuedBytes
    inflations[0]?.owner.onPiece(new Uint8Array(10))
    inflations[0]?.owner.onDone()
    expect({
      before,
      queuedBytes: flow.queuedBytes,
      queuedMessages: flow.queuedMessages,
      memoryBytes: reframing.memoryBytes,
    }).toEqual({ before: 0, queuedBytes: 18, queuedMessages: 3, memoryBytes: 0 })
  })

  test('inflates one message after the other', () => {
    const { reframing, inflations } = setUp()
    reframing.push(compressed(50), 10)
    reframing.push(compressed(50), 10)
    const before = inflations.length
    inflations[0]?.owner.onDone()
    expect({ before, inflations: inflations.length }).toEqual({ before: 1, inflations: 2 })
  })

  test('stop ends the inflating, and forgets what waits', () => {
    const { reframing, inflations } = setUp()
    reframing.push(compressed(50), 10)
    reframing.stop()
    expect({
      stopped: inflations[0]?.stopped,
      memoryBytes: reframing.memoryBytes,
      restBytes: reframing.restBytes,
    }).toEqual({ stopped: true, memoryBytes: 0, restBytes: 0 })
  })

  test('reports a message that does not inflate', () => {
    const { reframing, inflations, errors } = setUp()
    reframing.push(compressed(50), 10)
    inflations[0]?.owner.onError(new Error('broken') as never)
    expect(errors).toEqual(['broken'])
  })

  test('refuses a message that inflates to more than any may', () => {
    const { reframing } = setUp()
    expect(() => reframing.push(compressed(50), 67_108_865)).toThrow(
      'Data inflates to 67108865 bytes, the limit is 67108864',
    )
  })
})
