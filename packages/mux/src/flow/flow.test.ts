import { encodeTcpData, readTcpDataPayload } from '@ls/codec'
import { describe, expect, test } from 'vitest'
import { FramePool } from '../memory/frame-pool.js'
import { Flow, type FlowOptions } from './flow.js'

const channelId = new Uint8Array(16)

function makeFlow(options: Partial<FlowOptions> = {}) {
  const calls: string[] = []
  const owner = {
    onDrain: () => calls.push('drain'),
    onSent: (bytes: number) => calls.push(`sent ${bytes}`),
    onFinished: () => calls.push('finished'),
  }
  const framePool = new FramePool()
  return {
    calls,
    flow: new Flow({ channelId, owner, highWaterBytes: 100, creditBytes: Infinity, framePool, ...options }),
  }
}

function takeSizes(flow: Flow, maxPayloadBytes: number): number[] {
  const sizes: number[] = []
  for (let message = flow.take(maxPayloadBytes); message !== undefined; message = flow.take(maxPayloadBytes)) {
    sizes.push(readTcpDataPayload(message).length)
  }
  return sizes
}

test('Flow.take joins small payloads up to the size asked for', () => {
  const { flow } = makeFlow()
  for (let count = 0; count < 7; count++) flow.pushPayload(new Uint8Array(3))
  expect(takeSizes(flow, 10)).toEqual([10, 10, 1])
})

test('Flow.take keeps the order of bytes over joints and cuts', () => {
  const { flow } = makeFlow()
  flow.pushPayload(Uint8Array.of(1, 2))
  flow.pushPayload(Uint8Array.of(3, 4, 5, 6))
  flow.pushPayload(Uint8Array.of(7))
  const taken = [flow.take(3), flow.take(3), flow.take(3)]
  expect(taken.flatMap((message) => [...readTcpDataPayload(message ?? new Uint8Array())])).toEqual([
    1, 2, 3, 4, 5, 6, 7,
  ])
})

test('Flow.keep frees the memory of the last payload only', () => {
  const { flow } = makeFlow()
  const before = Uint8Array.of(1, 2)
  const borrowed = Uint8Array.of(0, 3, 4, 5, 0)
  flow.pushPayload(before)
  flow.pushPayload(borrowed.subarray(1, 4))
  const first = flow.take(3)
  flow.keep(borrowed.subarray(1, 4))
  borrowed.fill(9)
  const taken = [first, flow.take(10)]
  expect(taken.flatMap((message) => [...readTcpDataPayload(message ?? new Uint8Array())])).toEqual([1, 2, 3, 4, 5])
})

test('Flow.keep changes nothing once all has left', () => {
  const { flow } = makeFlow()
  const borrowed = Uint8Array.of(1)
  flow.pushPayload(borrowed)
  flow.take(1)
  flow.keep(borrowed)
  expect({ ready: flow.ready, queuedBytes: flow.queuedBytes }).toEqual({ ready: false, queuedBytes: 0 })
})

test('Flow.take cuts payload at the credit and waits for more', () => {
  const { flow } = makeFlow({ creditBytes: 5 })
  flow.pushPayload(new Uint8Array(8))
  const first = takeSizes(flow, 100)
  flow.addCredit(2)
  expect({ first, takeSizes: takeSizes(flow, 100), queuedBytes: flow.queuedBytes }).toEqual({
    first: [5],
    takeSizes: [2],
    queuedBytes: 1,
  })
})

test('Flow.take never splits a whole message: it waits for credit', () => {
  const { flow } = makeFlow({ creditBytes: 5 })
  flow.pushMessage(new Uint8Array(40), 6)
  const early = flow.take(100)
  flow.addCredit(1)
  expect({ early, taken: flow.take(100)?.length }).toEqual({ early: undefined, taken: 40 })
})

test('Flow.take does not join payload over a whole message between', () => {
  const { flow } = makeFlow()
  flow.pushPayload(new Uint8Array(3))
  flow.pushMessage(new Uint8Array(30), 0)
  flow.pushPayload(new Uint8Array(4))
  expect({ first: flow.take(100)?.length, second: flow.take(100)?.length, third: flow.take(100)?.length }).toEqual({
    first: 27,
    second: 30,
    third: 28,
  })
})

test('Flow.hold keeps everything back until release', () => {
  const { flow } = makeFlow()
  flow.hold()
  flow.pushPayload(new Uint8Array(3))
  const held = flow.ready
  flow.release()
  expect({ held, ready: flow.ready }).toEqual({ held: false, ready: true })
})

test('Flow.addCredit refuses a sum past 32 bits', () => {
  const { flow } = makeFlow({ creditBytes: 10 })
  expect({ most: flow.addCredit(0xffff_ffff - 10), further: flow.addCredit(1) }).toEqual({ most: true, further: false })
})

test('Flow.addCredit takes any grant where no window is in force', () => {
  expect(makeFlow().flow.addCredit(0xffff_ffff)).toBe(true)
})

test('Flow.finish comes after everything before it, and is reported once', () => {
  const { flow, calls } = makeFlow()
  flow.pushPayload(new Uint8Array(3))
  flow.finish(new Uint8Array(18))
  flow.finish(new Uint8Array(18))
  flow.pushPayload(new Uint8Array(3))
  const sizes = [flow.take(100)?.length, flow.take(100)?.length, flow.take(100)?.length]
  expect({ sizes, calls }).toEqual({ sizes: [27, 18, undefined], calls: ['sent 3', 'sent 0', 'finished'] })
})

test('Flow.requestRoom is false from the high-water mark on, until half of it has left', () => {
  const { flow, calls } = makeFlow()
  flow.pushPayload(new Uint8Array(100))
  const full = flow.requestRoom()
  flow.take(49)
  const notYet = flow.requestRoom()
  flow.take(1)
  expect({ full, notYet, requestRoom: flow.requestRoom(), calls }).toEqual({
    full: false,
    notYet: false,
    requestRoom: true,
    calls: ['sent 49', 'sent 1', 'drain'],
  })
})

test('Flow.requestRoom asked again does not take back the drain that was promised', () => {
  const { flow, calls } = makeFlow()
  flow.pushPayload(new Uint8Array(100))
  flow.requestRoom()
  flow.take(30)
  flow.requestRoom()
  flow.take(30)
  expect(calls).toContain('drain')
})

test('Flow.cut forgets what waits and takes nothing more', () => {
  const { flow } = makeFlow()
  flow.pushPayload(new Uint8Array(100))
  flow.cut()
  flow.pushPayload(new Uint8Array(1))
  expect({ queuedBytes: flow.queuedBytes, ready: flow.ready, requestRoom: flow.requestRoom() }).toEqual({
    queuedBytes: 0,
    ready: false,
    requestRoom: false,
  })
})

test('Flow.take cuts a whole Data message that is longer than asked for', () => {
  const { flow } = makeFlow()
  flow.pushMessage(encodeTcpData(channelId, new Uint8Array(25)), 25)
  expect({ takeSizes: takeSizes(flow, 10), queuedBytes: flow.queuedBytes }).toEqual({
    takeSizes: [10, 10, 5],
    queuedBytes: 0,
  })
})

test('Flow.take leaves a compressed message whole', () => {
  const { flow } = makeFlow()
  flow.pushMessage(encodeTcpData(channelId, new Uint8Array(25), 'gzip'), 100)
  expect(takeSizes(flow, 10)).toEqual([25])
})

describe('Flow.stalls', () => {
  test('counts a grant that comes when payload waits and all credit is spent', () => {
    const { flow } = makeFlow({ creditBytes: 4 })
    flow.pushPayload(new Uint8Array(6))
    takeSizes(flow, 10)
    flow.addCredit(10)
    flow.addCredit(10)
    expect(flow.stalls).toBe(1)
  })

  test('counts a grant for a source that was told to wait', () => {
    const { flow } = makeFlow({ creditBytes: 4 })
    flow.pushPayload(new Uint8Array(4))
    takeSizes(flow, 10)
    flow.requestRoom()
    flow.addCredit(10)
    expect(flow.stalls).toBe(1)
  })

  test('counts a whole message that is larger than the credit', () => {
    const { flow } = makeFlow({ creditBytes: 4 })
    flow.pushMessage(new Uint8Array(30), 5)
    flow.addCredit(10)
    expect(flow.stalls).toBe(1)
  })

  test('is 0 where grants come in time', () => {
    const { flow } = makeFlow({ creditBytes: 4 })
    flow.pushPayload(new Uint8Array(3))
    flow.addCredit(10)
    takeSizes(flow, 10)
    flow.addCredit(3)
    expect(flow.stalls).toBe(0)
  })
})
