import type { Socket } from 'node:net'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { Program } from '../e2e/program.js'
import { closing } from './cleanup.js'
import { fact } from './settings.js'

const local = '127.0.0.1'

describe('a server that is killed and started again', () => {
  test('ends its channels with a reset, and serves new ones within two seconds', async () => {
    const { port, client, server } = await serverProcess()
    const echo = closing(await echoServer())
    const old = await open(client, echo.port)
    const down = onceEvent(client, 'linkDown')
    server.kill('SIGKILL')
    await Promise.all([down, server.exit()])
    const outcome = onceEvent(old, 'close', { timeoutMs: 15_000 })
    const again = startServer(port)
    await again.printed(/listening/)
    const startMs = performance.now()
    await expectEcho(await open(client, echo.port))
    const backMs = performance.now() - startMs
    await outcome
    fact('restart', `${Math.round(backMs)} ms from the server's start to the first answer`)
    expect(backMs).toBeLessThan(2000)
    expect(old.errored).toMatchObject({ code: 'ECONNRESET' })
  })

  test('clients learn that the session is over, and why', async () => {
    const { port, client, server } = await serverProcess()
    const echo = closing(await echoServer())
    const socket = await open(client, echo.port)
    socket.on('error', () => {})
    const [session] = client.sessions
    const [channel] = session?.channels() ?? []
    if (session === undefined || channel === undefined) throw new Error('no channel was opened')
    const { handler } = channel
    const closed = new Promise<string>((resolve) => {
      channel.setHandler({
        onClose: (reason) => {
          resolve(reason.error)
          handler?.onClose?.(reason)
        },
      })
    })
    server.kill('SIGKILL')
    await server.exit()
    const again = startServer(port)
    await again.printed(/listening/)
    expect(await closed).toContain('the server no longer has the session')
    await until(() => client.sessions.every(({ linked }) => linked) && client.channelCount === 0, 'a new session')
  })
})

describe('a client that is killed', () => {
  test.each([
    ['client', false],
    ['provider', true],
  ])('%s: its side at the server is freed after the grace', async (_name, reverse) => {
    const server = closing(new LinkSocksServer({ host: local, port: 0, limits: { graceMs: 500 } }))
    const echo = closing(await echoServer())
    const socksPort = await freePort()
    const token = reverse ? server.addReverseToken({ socksPort }).token : server.addForwardToken()
    await server.listen()
    const url = `ws://${local}:${server.address?.port}`
    const args = ['-t', token, '-u', url, ...(reverse ? ['-r'] : ['-p', String(socksPort)])]
    const listening = reverse ? onceEvent(server, 'socksListening', { timeoutMs: 10_000 }) : undefined
    const client = new Program('client', ...args)
    await (listening ?? client.printed(/proxy: /))
    const socket = await connect({ proxy: { host: local, port: socksPort }, target: echo })
    socket.on('error', () => {})
    await expectEcho(socket)
    const disconnected = onceEvent(server, 'clientDisconnected')
    client.kill('SIGKILL')
    const [, reason] = await disconnected
    expect(reason).toMatch(/no new connection within 500 ms/)
    await until(() => echo.sockets.size === 0 && server.peers.size === 0, 'its sockets to close')
  })
})

test('a wrong token is refused once, and not tried again', async () => {
  const server = closing(new LinkSocksServer({ host: local, port: 0 }))
  server.addForwardToken()
  let refusals = 0
  server.on('clientRefused', () => refusals++)
  await server.listen()
  const client = new Program('client', '-t', 'wrong', '-p', '0', '-u', `ws://${local}:${server.address?.port}`)
  expect(await client.exit()).toBe(1)
  expect(refusals).toBe(1)
  expect(client.output).toMatch(/refused us: invalid token/)
})

test('a server that is not there is named, and so is the likely cause', async () => {
  const port = await freePort()
  const client = new Program('client', '-t', 'any', '-p', '0', '-R', '-u', `ws://${local}:${port}`)
  expect(await client.exit()).toBe(1)
  expect(client.output).toContain(`cannot connect to ${local}:${port}: nothing listens there`)
})

test('a server that comes later is found', async () => {
  const port = await freePort()
  const client = closing(
    new LinkSocksClient({
      url: `ws://${local}:${port}`,
      token: 'found',
      proxy: { port: 0 },
      reconnect: { delayMs: 200 },
    }),
  )
  const started = client.start()
  startServer(port)
  await started
  const echo = closing(await echoServer())
  await expectEcho(await open(client, echo.port))
})

function startServer(port: number): Program {
  return new Program('server', '-H', local, '-P', String(port), '-t', 'found')
}

/** A server process, and a client of it in this one. */
async function serverProcess() {
  const port = await freePort()
  const server = startServer(port)
  await server.printed(/listening/)
  const client = closing(new LinkSocksClient({ url: `ws://${local}:${port}`, token: 'found', proxy: { port: 0 } }))
  await client.start()
  return { port, server, client }
}

async function open(client: LinkSocksClient, port: number): Promise<Socket> {
  if (client.socksAddress === undefined) throw new Error('the client has no SOCKS port')
  return connect({ proxy: client.socksAddress, target: { host: local, port } })
}

async function expectEcho(socket: Socket): Promise<void> {
  const answer = onceEvent(socket.resume(), 'data')
  socket.write('hello')
  const [echo] = await answer
  expect(String(echo)).toBe('hello')
}
