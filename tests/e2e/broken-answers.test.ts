import { connect, type Socket } from 'node:net'
import { tcpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { modes, proxyNet } from '../stress/proxy-net.js'

const part = 'x'.repeat(100_000)

describe.each(modes)('%s: an answer that its target breaks off is reset at the HTTP proxy port', (mode) => {
  test.each([
    ['without a length', 'HTTP/1.0 200 OK\r\n\r\n', ''],
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n', ''],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n', '\r\n'],
  ])('%s', async (_name, head, tail) => {
    const target = closing(await tcpServer((socket) => breakOff(socket, `${head}${part}${tail}`)))
    const { socks } = await proxyNet(mode)
    const { text, error } = await answerTo(
      socks.port,
      `GET http://127.0.0.1:${target.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    )
    expect({ complete: text.endsWith('0\r\n\r\n'), error }).toEqual({ complete: false, error: 'ECONNRESET' })
  })
})

/** Sends the part after a request, and resets the connection once the part has left. */
function breakOff(socket: Socket, text: string): void {
  socket.once('data', () => socket.write(text, () => socket.resetAndDestroy()))
}

/**
 * Resolves with the whole answer of a proxy, and how the connection ends: the code of its error, or nothing for a
 * normal end.
 */
function answerTo(port: number, request: string): Promise<{ text: string; error: string | undefined }> {
  return new Promise((resolve) => {
    let text = ''
    let error: string | undefined
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(request))
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
    socket.on('error', (failure: NodeJS.ErrnoException) => (error = failure.code))
    // libuv reports a reset as an end if data came with it; an empty write fails only after a reset.
    socket.once('end', () => socket.write('', () => socket.end()))
    socket.once('close', () => resolve({ text, error }))
  })
}
