import { FakeClock, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { ownCandidates } from './own-candidates.js'
import type { QuicSocket, UdpPlace } from './quic.js'

/** A socket whose packets go nowhere. */
function silentSocket(sent: UdpPlace[] = []): QuicSocket {
  return {
    port: 5,
    send: (_packet, to) => void sent.push(to),
    onPacket: () => {},
    dial: () => Promise.reject(new Error('not in this test')),
    close: () => {},
  }
}

test('ownCandidates has the port that a router passes on to us', async () => {
  const mapped = { outside: () => Promise.resolve({ address: '203.0.113.7', port: 700 }) }
  const options = { socket: silentSocket(), clock: new FakeClock(), servers: [], hosts: 'never', mapped } as const
  expect(await ownCandidates(options)).toEqual([{ addr: '203.0.113.7', port: 700, kind: 'srflx' }])
})

test('ownCandidates asks a server over IPv6, too', async () => {
  const clock = new FakeClock()
  const sent: UdpPlace[] = []
  const options = { socket: silentSocket(sent), clock, servers: ['[::1]:3478'], hosts: 'never' } as const
  const found = ownCandidates(options)
  await until(() => sent.length > 0, 'the question')
  for (let elapsedMs = 0; elapsedMs <= 2000; elapsedMs += 500) clock.advance(500)
  await found
  expect(sent[0]).toEqual({ address: '::1', port: 3478 })
})
