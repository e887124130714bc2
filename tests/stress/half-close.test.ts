import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import { connect } from '@ls/socks5/node'
import {
  hashServer,
  onceEvent,
  requireProgram,
  seededBytes,
  seededDigest,
  tcpServer,
  type TestTcpServer,
} from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from './cleanup.js'
import { modes, proxyNet, type ProxyNet } from './proxy-net.js'
import { mebibyte, seed } from './settings.js'
import { text } from './traffic.js'

const run = promisify(execFile)
const curl = requireProgram('curl')
const netcat = requireProgram('nc')
const bytes = 8 * mebibyte

describe.each(modes)('half-close, %s', (mode) => {
  test('an answer after the end of the request comes whole', async () => {
    const socket = await reach(await proxyNet(mode), closing(await hashServer()))
    socket.end(seededBytes(seed).take(bytes))
    expect(await text(socket)).toBe(seededDigest(seed, bytes))
  })

  test('an answer that comes long after the end of the request comes whole', async () => {
    const late = await tcpServer((peer) => {
      peer.resume().on('end', () => setTimeout(() => peer.end('at last'), 500))
    })
    const socket = await reach(await proxyNet(mode), closing(late))
    socket.end('x')
    expect(await text(socket)).toBe('at last')
  })

  test('a target that ends first still gets the rest of the request', async () => {
    let received = Buffer.alloc(0)
    const target = closing(
      await tcpServer((peer) => {
        peer.end('enough')
        peer.on('data', (chunk) => (received = Buffer.concat([received, chunk])))
      }),
    )
    const socket = await reach(await proxyNet(mode), target)
    expect(await text(socket)).toBe('enough')
    const rest = seededBytes(seed).take(mebibyte)
    const [peer] = target.sockets
    if (peer === undefined) throw new Error('the target has no connection')
    socket.end(rest)
    await onceEvent(peer, 'end')
    expect(received.equals(rest)).toBe(true)
  })

  // With curl, because Node reports a reset as an end if data came with it.
  test.runIf(curl).each([11, bytes])(
    'a reset of the target after %d bytes never looks like the end',
    async (length) => {
      const net = await proxyNet(mode)
      const target = closing(await tcpServer((peer) => resetAfter(peer, length)))
      const outcome = run('curl', [...curlThrough(net), '-o', '/dev/null', `http://127.0.0.1:${target.port}/`])
      await expect(outcome).rejects.toMatchObject({ code: curlReceiveError })
    },
  )

  test('a reset of the application resets the target', async () => {
    const target = closing(await tcpServer((peer) => peer.resume()))
    const socket = await reach(await proxyNet(mode), target)
    socket.write('x')
    const [peer] = target.sockets
    if (peer === undefined) throw new Error('the target has no connection')
    const closed = onceEvent(peer, 'close')
    await onceEvent(peer, 'data')
    socket.resetAndDestroy()
    await closed
    expect(peer.errored).toMatchObject({ code: 'ECONNRESET' })
  })

  test.runIf(netcat)('nc -N gets the whole answer', async () => {
    const net = await proxyNet(mode)
    const target = closing(await hashServer())
    const { host, port } = net.socks
    const command = `head -c ${bytes} /dev/zero | nc -N -X 5 -x ${host}:${port} ${target.host} ${target.port}`
    const { stdout } = await run('sh', ['-c', command], { timeout: 15_000 })
    const { stdout: expected } = await run('sh', ['-c', `head -c ${bytes} /dev/zero | sha256sum`])
    expect(stdout).toBe(expected.slice(0, 64))
  })

  test.runIf(curl)('curl gets the whole answer to an upload with Connection: close', async () => {
    const net = await proxyNet(mode)
    const port = await echoingWebServer()
    const upload = ['-H', 'Connection: close', '-H', 'Expect:', '--data-binary', '@-', `http://127.0.0.1:${port}/`]
    const command = `head -c ${bytes} /dev/urandom | tee >(sha256sum >&2) | curl ${[...curlThrough(net), ...upload].map(quote).join(' ')} | sha256sum`
    const { stdout, stderr } = await run('bash', ['-c', command], { timeout: 20_000 })
    expect(stdout.slice(0, 64)).toBe(stderr.slice(0, 64))
  })
})

function reach(net: ProxyNet, target: TestTcpServer): Promise<Socket> {
  return connect({ proxy: net.socks, target })
}

/** Begins an answer that lasts until the connection ends, and resets the connection while the answer is in transit. */
function resetAfter(peer: Socket, length: number): void {
  peer.once('data', () => {
    peer.write('HTTP/1.0 200 OK\r\n\r\n')
    peer.write(seededBytes(seed).take(length), () => peer.resetAndDestroy())
  })
}

/** Answers each request with its own body and closes. */
async function echoingWebServer(): Promise<number> {
  const server = createServer((request, response) => {
    response.setHeader('Connection', 'close')
    request.pipe(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => server.close())
  return (server.address() as AddressInfo).port
}

function curlThrough({ socks }: ProxyNet): string[] {
  return ['-sS', '--max-time', '15', '--socks5-hostname', `${socks.host}:${socks.port}`]
}

/** CURLE_RECV_ERROR */
const curlReceiveError = 56

function quote(word: string): string {
  return `'${word}'`
}
