import { once } from 'node:events'
import { createServer } from 'node:net'
import type { NameResolver } from '@ls/dial'
import { echoServer } from '@ls/testkit'
import { expect, test } from 'vitest'
import { closing } from '../../testing/cleanup.js'
import { dial } from './dial.js'

/** Never answers. */
const silent: NameResolver = { lookup: () => () => {} }

/** Resolves every name to two addresses. */
const two: NameResolver = {
  lookup: (_name, onAnswer) => {
    onAnswer(6, { addresses: [] })
    onAnswer(4, { addresses: ['127.0.0.2', '127.0.0.1'] })
    return () => {}
  },
}

test('dial reaches a target by name and keeps it half-open', async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).end('bye')).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const socket = await dial({ host: 'localhost', port })
  expect(socket.allowHalfOpen).toBe(true)
  socket.destroy()
  server.close()
})

test('dial fails with the errno of a refused connection', async () => {
  await expect(dial({ host: '127.0.0.1', port: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('dial gives up after its timeout, naming the limit', async () => {
  await expect(dial({ host: 'slow.test', port: 1 }, { timeoutMs: 20, resolver: silent })).rejects.toThrow(
    'timeout: slow.test:1 did not answer within 20 ms',
  )
})

test('dial gives up when aborted', async () => {
  const abort = new AbortController()
  const dialled = dial({ host: 'slow.test', port: 1 }, { signal: abort.signal, resolver: silent })
  abort.abort(new Error('gone'))
  await expect(dialled).rejects.toThrow('gone')
})

const check = (address: string, port: number): Error => new Error(`not ${address} ${port}`)

test('dial refuses an address with the error of its check', async () => {
  await expect(dial({ host: '127.0.0.1', port: 1 }, { check })).rejects.toThrow('not 127.0.0.1 1')
})

test('dial refuses a name, all of whose addresses its check refuses, with the first error', async () => {
  await expect(dial({ host: 'two.test', port: 1 }, { check, resolver: two })).rejects.toThrow('not 127.0.0.2 1')
})

test('dial tries only those addresses of a name that its check lets through', async () => {
  const { port } = closing(await echoServer())
  const socket = await dial(
    { host: 'two.test', port },
    {
      resolver: two,
      check: (address) => (address === '127.0.0.2' ? new Error('no') : undefined),
    },
  )
  expect(socket.remoteAddress).toBe('127.0.0.1')
  socket.destroy()
})
