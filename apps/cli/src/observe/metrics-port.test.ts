import { connect } from 'node:net'
import { LinkSocksServer } from '@ls/server'
import { onceEvent } from '@ls/testkit'
import { expect, test } from 'vitest'
import { commandContext } from '../../testing/command-context.js'
import { openMetrics } from './metrics-port.js'

/** More than the port has places. */
const strangers = 80

test('MetricsPort answers while strangers have taken all places and say nothing', async () => {
  const server = new LinkSocksServer({})
  const port = await openMetrics({ metrics: '127.0.0.1:0' }, () => server.snapshot(), commandContext())
  const sockets = Array.from({ length: strangers }, () => connect(port.ports[0] ?? 0, '127.0.0.1'))
  try {
    await Promise.all(
      sockets.map((socket) =>
        onceEvent(
          socket.on('error', () => {}),
          'connect',
        ),
      ),
    )
    const answer = await fetch(`http://127.0.0.1:${port.ports[0]}/healthz`)
    expect(await answer.text()).toBe('ok\n')
  } finally {
    for (const socket of sockets) socket.destroy()
    await port.close()
    await server.close()
  }
})

test('MetricsPort cuts a connection that pipelines more than 16 requests', async () => {
  const server = new LinkSocksServer({})
  let snapshots = 0
  const snapshot = () => {
    snapshots++
    return server.snapshot()
  }
  const port = await openMetrics({ metrics: '127.0.0.1:0' }, snapshot, commandContext())
  const socket = connect(port.ports[0] ?? 0, '127.0.0.1').on('error', () => {})
  try {
    const closed = onceEvent(socket, 'close')
    socket.write('GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(1000))
    socket.resume()
    await closed
    expect(snapshots).toBeLessThanOrEqual(16)
  } finally {
    socket.destroy()
    await port.close()
    await server.close()
  }
})
