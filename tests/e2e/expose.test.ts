import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { MessageType } from '@ls/codec'
import { echoServer, faultRelay, freePort, onceEvent, tcpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { canRunSsh, SshServer } from '../stress/ssh-server.js'
import { Program } from './program.js'
import { RawPeer } from './raw-peer.js'
import { runProgram } from './run-program.js'
import { udpEcho } from './udp-echo.js'

/** Time for two programs to start on a busy machine. */
const programsTimeout = { timeout: 60_000 }

function dial(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
  afterTest(() => socket.destroy())
  return socket
}

/** Whether a program listens there; a reset may come before the connection is seen. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    afterTest(() => socket.destroy())
    socket.once('connect', () => resolve(true))
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'))
  })
}

interface Started {
  readonly url: string
  readonly server: Program
}

async function startServer(...args: string[]): Promise<Started> {
  const server = new Program('server', '-r', '-t', 'expose-token', '-H', '127.0.0.1', '-P', '0', '-p', '0', ...args)
  return { url: (await server.printed(/^listening: (\S+)/m))[1]!, server }
}

function provider(url: string, ...exposes: string[]): Program {
  return new Program('provider', '-t', 'expose-token', '-u', url, ...exposes.flatMap((text) => ['--expose', text]))
}

/** The port that an `exposed:` line of a program names. */
async function exposedPort(program: Program): Promise<number> {
  return Number((await program.printed(/^exposed: (?:udp:)?(\d+)=/m))[1])
}

describe('linksocks provider --expose', programsTimeout, () => {
  test('leads from a port of the server to a target of the provider, with half-close', async () => {
    const target = closing(await tcpServer((socket) => socket.on('end', () => socket.end('bye')).resume()))
    const { url } = await startServer('--allow-ports', '20000-29999')
    const socket = dial(await exposedPort(provider(url, `0=localhost:${target.port}`)))
    socket.end('hello')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('bye')
  })

  test('carries datagrams', async () => {
    const target = closing(await udpEcho())
    const { url } = await startServer('--allow-ports', '20000-29999')
    const port = await exposedPort(provider(url, `udp:0=127.0.0.1:${target.port}`))
    const socket = closing(createSocket('udp4'))
    socket.send('ping', port, '127.0.0.1')
    expect(String((await onceEvent(socket, 'message'))[0])).toBe('ping')
  })

  test('begins connections with the PROXY protocol where it says so', async () => {
    const target = closing(await tcpServer((socket) => socket.on('data', (bytes) => socket.end(bytes))))
    const { url } = await startServer('--allow-ports', '20000-29999')
    const port = await exposedPort(provider(url, `0=localhost:${target.port},proxy=v1`))
    const socket = dial(port)
    await onceEvent(socket, 'connect')
    const { localPort } = socket
    expect(String((await onceEvent(socket, 'data'))[0])).toBe(`PROXY TCP4 127.0.0.1 127.0.0.1 ${localPort} ${port}\r\n`)
  })

  test('keeps the port and its connections over a cut of the link', async () => {
    const target = closing(await echoServer())
    const { url } = await startServer('--allow-ports', '20000-29999')
    const relay = closing(await faultRelay({ host: '127.0.0.1', port: Number(new URL(url).port) }))
    const program = provider(`ws://127.0.0.1:${relay.port}`, `0=localhost:${target.port}`)
    const socket = dial(await exposedPort(program))
    socket.write('one')
    await onceEvent(socket, 'data')
    relay.strike('reset')
    socket.write('two')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('two')
  })

  test('frees the port of a provider that was killed, once the grace time is over', async () => {
    const { url, server } = await startServer('--allow-ports', '20000-29999', '--grace', '1s')
    const program = provider(url, '0=localhost:1')
    const port = await exposedPort(program)
    program.kill('SIGKILL')
    await server.printed(/client disconnected/)
    await expect.poll(() => accepts(port)).toBe(false)
  })

  // sshd is not installed on every machine.
  test.skipIf(!canRunSsh)('carries ssh', async () => {
    const ssh = await SshServer.start()
    const { url } = await startServer('--allow-ports', '20000-29999')
    const port = await exposedPort(provider(url, `0=127.0.0.1:${ssh.port}`))
    const session = ssh.openEchoBy(`nc 127.0.0.1 ${port}`)
    session.end('hello over ssh')
    expect(String(await buffer(session))).toBe('hello over ssh')
  })

  test('is refused by a server that allows no ports, with the reason', async () => {
    const { url } = await startServer()
    const program = provider(url, '2222=localhost:22')
    const [line] = await program.printed(/2222=localhost:22 is not exposed: .*/)
    expect(line).toContain('opens no ports for providers of this token (--allow-ports)')
  })

  test('continues for others when a peer asks for a target of 600,000 characters', async () => {
    const { url } = await startServer('--allow-ports', '20000-29999')
    const hostile = await RawPeer.open({ port: Number(new URL(url).port), token: 'expose-token', reverse: true })
    hostile.send({ type: MessageType.Expose, id: 0, open: 'tcp:1', target: 'a'.repeat(600_000) })
    const { error } = await hostile.next(MessageType.Exposed)
    expect({ error, exposedPort: await exposedPort(provider(url, '0=localhost:1')) }).toEqual({
      error: expect.stringContaining('at most 300 characters') as string,
      exposedPort: expect.any(Number) as number,
    })
  })

  test('is refused where another provider has the port, and gets it once that one is gone', async () => {
    const port = await freePort()
    const { url } = await startServer('--allow-ports', String(port))
    const first = provider(url, `${port}=localhost:1`)
    await exposedPort(first)
    const second = provider(url, `${port}=localhost:1`)
    await second.printed(/is not exposed: port \d+ is exposed by another provider/)
    first.kill('SIGTERM')
    await first.exit()
    expect(await exposedPort(second)).toBe(port)
  })

  test('opens no other target of the provider to the server', async () => {
    const { port } = closing(await echoServer())
    const { url, server } = await startServer('--allow-ports', '20000-29999')
    await exposedPort(provider(url, `0=localhost:1`))
    const [, socksPort] = await server.printed(/^proxy: 127\.0\.0\.1:(\d+)/m)
    const curl = ['-sS', '-m', '10', '-x', `socks5h://127.0.0.1:${socksPort}`, `http://127.0.0.1:${port}/`]
    // SOCKS5 reply 0x02: not allowed.
    expect((await runProgram('curl', curl)).errors).toMatch(/\(2\)|not allowed/i)
  })
})

describe('linksocks server --expose', programsTimeout, () => {
  test('leads to a target of a provider that did not ask', async () => {
    const { port } = closing(await echoServer())
    const { url, server } = await startServer('--expose', `0=expose-token@localhost:${port}`)
    await provider(url).printed(/^linked: /m)
    const socket = dial(await exposedPort(server))
    socket.write('ping')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('ping')
  })

  test('ends with the reason where the port is taken', async () => {
    const { port } = closing(await echoServer())
    const args = [
      '-r',
      '-t',
      'expose-token',
      '-H',
      '127.0.0.1',
      '-P',
      '0',
      '-p',
      '0',
      '--expose',
      `${port}=localhost:22`,
    ]
    const server = new Program('server', ...args)
    expect({ code: await server.exit(), output: server.output }).toMatchObject({
      code: 1,
      output: expect.stringContaining(`127.0.0.1:${port}: the port is in use`) as string,
    })
  })
})
