import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { connect } from '@ls/socks5/node'
import { byteServer, freePort, hashServer, seededBytes, seededDigest } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../testing/cleanup.js'
import { Inbound } from './inbound/inbound.js'
import { localSession } from './local-session.js'
import { Outbound } from './outbound/outbound.js'

/** A proxy port whose traffic leaves here, and a connection through it. */
async function through(port: number) {
  const session = localSession(new Outbound())
  const inbound = closing(new Inbound({ port: 0, pick: () => session }))
  await inbound.listen()
  afterTest(() => session.close('the test is over'))
  const proxy = { host: '127.0.0.1', port: inbound.address?.port ?? 0 }
  const socket = await connect({ proxy, target: { host: '127.0.0.1', port } })
  afterTest(() => socket.destroy())
  return { socket, session }
}

test('localSession carries a download, with its end', async () => {
  const target = closing(await byteServer({ sendBytes: 3_000_000 }))
  const { socket } = await through(target.port)
  const hash = createHash('sha256')
  for await (const chunk of socket) hash.update(chunk as Buffer)
  expect(hash.digest('hex')).toBe(seededDigest(1, 3_000_000))
})

test('localSession carries an upload, and the answer to its end', async () => {
  const target = closing(await hashServer())
  const { socket } = await through(target.port)
  socket.end(seededBytes(2).take(3_000_000))
  expect(await text(socket)).toBe(seededDigest(2, 3_000_000))
})

test('localSession reports why a target is not reached', async () => {
  await expect(through(await freePort())).rejects.toMatchObject({ reply: 'refused' })
})

test('localSession cuts open channels when it is closed', async () => {
  const target = closing(await hashServer())
  const { socket, session } = await through(target.port)
  socket.on('error', () => {}).resume()
  session.close('the end')
  await new Promise((resolve) => socket.once('close', resolve))
  expect(session.channelCount).toBe(0)
})
