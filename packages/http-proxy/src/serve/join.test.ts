import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onceEvent, socketEnd, tcpServer, until, type TestTcpServer } from '@ls/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { join } from './join.js'

let server: TestTcpServer
let accepted: Socket[]
const opened: Socket[] = []

beforeEach(async () => {
  accepted = []
  server = await tcpServer((socket) => accepted.push(socket))
})

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy()
  await server.close()
})

/** Two clients whose ends at the server are joined. */
async function joined(): Promise<[Socket, Socket]> {
  const clients = [open(), open()] as const
  while (accepted.length < 2) await new Promise((resolve) => setImmediate(resolve))
  const [left, right] = accepted.splice(0) as [Socket, Socket]
  join(left, right)
  return [...clients]
}

function open(): Socket {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  opened.push(socket)
  return socket
}

describe('join', () => {
  test('delivers everything though the other direction has ended before', async () => {
    const [left, right] = await joined()
    right.end()
    await once(left.resume(), 'end')
    left.pause()
    right.resume().pause()
    left.end(Buffer.alloc(8_000_000))
    expect((await buffer(right)).length).toBe(8_000_000)
  })

  test('cuts one side when the other is cut', async () => {
    const [left, right] = await joined()
    right.resume()
    left.resetAndDestroy()
    await onceEvent(right, 'close')
    expect(right.errored).toMatchObject({ code: 'ECONNRESET' })
    await expect(until(() => server.sockets.size === 0, 'both sockets to be gone')).resolves.toBeUndefined()
  })

  test('cuts one side when the other is reset together with data', async () => {
    const ends: string[] = []
    // The data and the reset arrive in one read or in two.
    for (let round = 0; round < 20; round++) {
      const [left, right] = await joined()
      left.write('x'.repeat(3000), () => left.resetAndDestroy())
      ends.push(await socketEnd(right))
    }
    expect(new Set(ends)).toEqual(new Set(['ECONNRESET']))
  })

  test('cuts one side when the other is closed already', async () => {
    const gone = open()
    const alive = open()
    gone.destroy()
    join(gone, alive)
    expect(alive.destroyed).toBe(true)
  })
})
