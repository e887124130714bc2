import { connect, type Socket } from 'node:net'
import { echoServer, freePort, onceEvent, tcpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

/** Time for three programs to start on a busy machine. */
const programsTimeout = { timeout: 60_000 }

/** Returns the port in the `forward:` line of a program. */
async function fixedPort(program: Program): Promise<number> {
  return Number((await program.printed(/^forward: 127\.0\.0\.1:(\d+)=/m))[1])
}

function dial(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  afterTest(() => socket.destroy())
  return socket
}

async function startServer(...args: string[]): Promise<string> {
  const server = new Program('server', '-t', 'fixed-token', '-H', '127.0.0.1', '-P', '0', '-p', '0', ...args)
  return (await server.printed(/^listening: (\S+)/m))[1]!
}

describe('linksocks --forward', programsTimeout, () => {
  test('at a client leads to a target of the server', async () => {
    const target = closing(await tcpServer((socket) => socket.on('end', () => socket.end('bye')).resume()))
    const url = await startServer()
    const spec = `0=127.0.0.1:${target.port}`
    const socket = dial(
      await fixedPort(new Program('client', '-t', 'fixed-token', '-u', url, '-p', '0', '--forward', spec)),
    )
    socket.end('hello')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('bye')
  })

  test('at a connector leads to a target of the provider', async () => {
    const { port } = closing(await echoServer())
    const url = await startServer('-r', '-c', 'fixed-connector')
    const provider = new Program('provider', '-t', 'fixed-token', '-u', url)
    await provider.printed(/^linked: /m)
    const spec = `0=localhost:${port}`
    const connector = new Program('connector', '-t', 'fixed-connector', '-u', url, '-p', '0', '--forward', spec)
    const socket = dial(await fixedPort(connector))
    socket.write('ping')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('ping')
  })

  test('that is taken ends the program, and names the port', async () => {
    const taken = closing(await echoServer())
    const url = await startServer()
    const spec = `${taken.port}=127.0.0.1:${await freePort()}`
    const client = new Program('client', '-t', 'fixed-token', '-u', url, '-p', '0', '--forward', spec)
    expect(await client.exit()).toBe(1)
    expect(client.output).toContain(`the fixed port cannot listen on 127.0.0.1:${taken.port}`)
  })
})
