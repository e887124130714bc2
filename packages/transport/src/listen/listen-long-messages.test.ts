import { until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { rawConnection, startListener, upgradeHead } from '../../testing/listening.js'
import { wsFrame, wsHeader } from '../../testing/ws-frame.js'

const mebibyte = 1024 * 1024
/** Part of a message that each link sends; three of them are more than the limit. */
const sentBytes = 24 * mebibyte
const key = Uint8Array.of(0, 0, 0, 0)
const pieceBytes = 65_536

/** Begins a message on three links, one after the other; returns the names of those that are cut. */
async function cutOf(start: Buffer, piece: Buffer): Promise<string[]> {
  const listener = await startListener()
  const cut: string[] = []
  for (const [index, name] of ['first', 'second', 'third'].entries()) {
    const socket = await rawConnection({ port: listener.address().port })
    socket.once('close', () => cut.push(name)).resume()
    socket.write(upgradeHead())
    await until(() => listener.transports.size === index + 1, 'the link')
    socket.write(start)
    for (let bytes = 0; bytes < sentBytes; bytes += pieceBytes) socket.write(piece)
    await until(() => socket.writableLength === 0, 'all bytes')
  }
  await until(() => cut.length > 0, 'a cut')
  return cut
}

test('the link whose message began first is cut where unfinished messages hold too much', async () => {
  expect(await cutOf(wsHeader(30 * mebibyte, key), Buffer.alloc(pieceBytes))).toEqual(['first'])
})

test('so it is with fragments', async () => {
  const fragment = (opcode: number, size: number): Buffer =>
    wsFrame(new Uint8Array(size), { fin: false, opcode, masked: true, key })
  expect(await cutOf(fragment(2, 10), fragment(0, pieceBytes))).toEqual(['first'])
})
