import { decode, MessageType } from '@ls/codec'
import { type Logger, silentLogger } from '@ls/foundation'
import { FakeClock, memoryTransportPair, RecordingHandler, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { FakeWebSocket } from '../../testing/fake-websocket.js'
import type { LateCode } from './late-code.js'
import { addHeartbeat } from './late-heartbeat.js'
import { WebSocketTransport } from './websocket-transport.js'

const timing = { periodMs: 1000, timeoutMs: 3000 }

/** A WebSocket with a heartbeat, to a server that never answers. `fails`: loads of its code that fail first. */
function beating(fails = 0) {
  const clock = new FakeClock()
  const transport = new WebSocketTransport(new FakeWebSocket(memoryTransportPair()[0]), { clock })
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  const probes: Uint8Array[] = []
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (_, text = '') => void warnings.push(text) }
  const options = { timing, clock, send: (message: Uint8Array) => void probes.push(message) }
  let loads = 0
  const load = (): Promise<LateCode> =>
    loads++ < fails ? Promise.reject(new Error('no network')) : import('./once-linked.js')
  addHeartbeat(transport, options, { logger, load })
  return { clock, transport, handler, probes, warnings, loads: () => loads }
}

test('a heartbeat begins with a probe once its code is loaded', async () => {
  const { probes } = beating()
  await until(() => probes.length > 0, 'the probe')
  expect(decode(probes[0]!)).toMatchObject({ type: MessageType.Disconnect, channelId: new Uint8Array(16) })
})

test('a heartbeat ends a WebSocket whose server is silent', async () => {
  const { probes, clock, handler } = beating()
  await until(() => probes.length > 0, 'the probe')
  clock.advance(2 * timing.timeoutMs)
  expect(handler.closes).toMatchObject([
    { code: 1006, reason: expect.stringMatching(/^server silent for \d+ ms \(limit 3000 ms\)/) as string },
  ])
})

test('a heartbeat stops with its WebSocket', async () => {
  const { probes, clock, transport } = beating()
  await until(() => probes.length > 0, 'the probe')
  transport.destroy()
  clock.advance(0)
  expect(clock.pendingTimers).toBe(0)
})

test('addHeartbeat reports a failed load, and tries again after 10 s', async () => {
  const { probes, clock, warnings } = beating(1)
  await until(() => clock.pendingTimers > 0, 'the pause')
  clock.advance(10_000)
  await until(() => probes.length > 0, 'the probe')
  expect(warnings).toEqual(['the code for a linked page was not loaded; trying again in 10 s'])
})

test('addHeartbeat loads nothing more for a WebSocket that is closed', async () => {
  const { clock, transport, loads } = beating(Infinity)
  await until(() => clock.pendingTimers > 0, 'the pause')
  transport.destroy()
  clock.advance(10_000)
  await Promise.resolve()
  expect({ loads: loads(), pendingTimers: clock.pendingTimers }).toEqual({ loads: 1, pendingTimers: 0 })
})
