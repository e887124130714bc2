import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { onceEvent, useCleanups } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { mergePieces } from './merge-pieces.js'

const cleanups = useCleanups()

/** Sends the bytes of a chunked body in one write, and resolves with the pieces that a reader gets. */
async function piecesOf(body: string): Promise<{ pieces: string[]; trailers: string[] }> {
  const server = createServer()
  const asked = new Promise<IncomingMessage>((resolve) =>
    server.on('request', (request) => {
      mergePieces(request)
      resolve(request)
    }),
  )
  await onceEvent(server.listen(0, '127.0.0.1'), 'listening')
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  cleanups.push(() => client.destroy())
  client.write(`POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)
  const request = await asked
  const pieces: string[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece.toString()))
  await onceEvent(request, 'end')
  return { pieces, trailers: request.rawTrailers }
}

const end = '0\r\n\r\n'

describe('mergePieces', () => {
  test('merges the small chunks of one read', async () => {
    const { pieces } = await piecesOf(`${'1\r\na\r\n'.repeat(5000)}${end}`)
    expect(pieces).toEqual(['a'.repeat(5000)])
  })

  test('keeps the order of small and large chunks', async () => {
    const large = 'b'.repeat(2048)
    const { pieces } = await piecesOf(`1\r\na\r\n800\r\n${large}\r\n1\r\nc\r\n1\r\nd\r\n${end}`)
    expect(pieces).toEqual(['a', large, 'cd'])
  })

  test('passes an empty body', async () => {
    expect((await piecesOf(end)).pieces).toEqual([])
  })

  test('leaves the trailers behind the body', async () => {
    expect(await piecesOf('1\r\na\r\n0\r\nX-A: b\r\n\r\n')).toEqual({ pieces: ['a'], trailers: ['X-A', 'b'] })
  })
})
