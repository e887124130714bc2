import { tcpDataHeaderBytes } from '@ls/codec'
import { expect, test } from 'vitest'
import { Flow } from '../flow/flow.js'
import { FramePool } from '../memory/frame-pool.js'
import { MemoryBudget } from '../memory/memory-budget.js'
import { Outbox } from './outbox.js'
import type { MessageTransport } from './transport.js'

test('Outbox tells the transport how much room is before what the pool has lent, and none before other messages', () => {
  const framePool = new FramePool({ frameBytes: 100, headroomBytes: 16 })
  const sent: [bytes: number, headroomBytes: number | undefined][] = []
  const transport = {
    send: (message: Uint8Array, headroomBytes?: number) => sent.push([message.length, headroomBytes]) > 0,
  } as unknown as MessageTransport
  const owner = { onDrain() {}, onSent() {}, onFinished() {} }
  const channelId = new Uint8Array(16)
  const flow = new Flow({ channelId, owner, highWaterBytes: 1000, creditBytes: Infinity, framePool })
  const outbox = new Outbox({ quantumBytes: 65_536, framePool, budget: new MemoryBudget({ limitBytes: 0 }) })
  flow.pushPayload(new Uint8Array(100 - tcpDataHeaderBytes))
  flow.pushMessage(new Uint8Array(100), 0)
  outbox.sendControl(new Uint8Array(30))
  outbox.activate(flow)
  outbox.start(transport)
  expect(sent).toEqual([
    [30, 0],
    [100, 16],
    [100, 0],
  ])
})
