import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest } from '../../testing/cleanup.js'
import type { DatagramSink } from './udp-exit.js'
import { UdpTrial } from './udp-trial.js'

class Recorder implements DatagramSink {
  readonly received: string[] = []
  readonly dropped: string[] = []
  failed: unknown

  receive(payload: Uint8Array, source: { readonly host: string; readonly port: number }): void {
    this.received.push(`${Buffer.from(payload).toString()} from ${source.host}:${source.port}`)
  }

  drop(reason: unknown): void {
    this.dropped.push((reason as NodeJS.ErrnoException).code ?? String(reason))
  }

  fail(error: unknown): void {
    this.failed = error
  }
}

async function open(onMessage: (socket: Socket, payload: Buffer, port: number) => void): Promise<number> {
  const socket = createSocket('udp4')
  socket.on('message', (payload, from) => onMessage(socket, payload, from.port)).bind(0, '127.0.0.1')
  await once(socket, 'listening')
  afterTest(() => socket.close())
  return socket.address().port
}

function trialOf(addresses: readonly string[], port: number): { trial: UdpTrial; sink: Recorder } {
  const sink = new Recorder()
  const trial = new UdpTrial(addresses, port, sink)
  afterTest(() => trial.close())
  return { trial, sink }
}

const text = (payload: string): Uint8Array => Buffer.from(payload)

test('UdpTrial sends again to the next address what a dead one has not taken', async () => {
  const port = await open((socket, payload, from) => socket.send(payload, from, '127.0.0.1'))
  const { trial, sink } = trialOf(['::1', '127.0.0.2', '127.0.0.1'], port)
  trial.send(text('a'))
  trial.send(text('b'))
  await until(() => sink.received.length === 2, 'the answers')
  expect({ received: sink.received, dropped: sink.dropped }).toEqual({
    received: [`a from 127.0.0.1:${port}`, `b from 127.0.0.1:${port}`],
    dropped: [],
  })
})

test('UdpTrial hears of other ports, at the same port of its own, once it has an answer', async () => {
  const ports: number[] = []
  const other = createSocket('udp4').bind(0, '127.0.0.1')
  afterTest(() => other.close())
  const port = await open((socket, payload, from) => {
    ports.push(from)
    socket.send(payload, from, '127.0.0.1')
  })
  const { trial, sink } = trialOf(['127.0.0.1', '127.0.0.2'], port)
  trial.send(text('a'))
  await until(() => sink.received.length === 1, 'the answer')
  other.send('elsewhere', ports[0] ?? 0, '127.0.0.1')
  await until(() => sink.received.length === 2, 'the other answer')
  trial.send(text('b'))
  await until(() => sink.received.length === 3, 'the last answer')
  expect(sink.received[1]).toBe(`elsewhere from 127.0.0.1:${other.address().port}`)
  expect(new Set(ports).size).toBe(1)
})

test('UdpTrial drops what no address takes, and tries again with the next datagram', async () => {
  const port = await open(() => {})
  const { trial, sink } = trialOf(['127.0.0.2', '127.0.0.3'], port)
  trial.send(text('a'))
  await until(() => sink.dropped.length === 1, 'the first drop')
  trial.send(text('b'))
  await until(() => sink.dropped.length === 2, 'the second drop')
  expect(sink.dropped).toEqual(['ECONNREFUSED', 'ECONNREFUSED'])
})

test('UdpTrial keeps a limited number of datagrams while it opens', () => {
  const { trial, sink } = trialOf(['127.0.0.1', '127.0.0.2'], 9)
  for (let i = 0; i < 18; i++) trial.send(text('x'))
  expect(sink.dropped).toHaveLength(2)
})
