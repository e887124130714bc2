import { createServer } from 'node:http'
import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent, tcpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

/** Time for a program to start on a busy machine, in milliseconds. */
const timeout = 60_000

/** URLs of services that give no valid answer. */
const broken = {
  'is not there': async () => `http://127.0.0.1:${await freePort()}/`,
  'accepts and never answers': async () => `http://127.0.0.1:${closing(await tcpServer(() => {})).port}/`,
  'hangs up': async () => `http://127.0.0.1:${closing(await tcpServer((socket) => socket.destroy())).port}/`,
  'answers 500': () => service(500, '{"allow":true}'),
  'answers no JSON': () => service(200, '<html>'),
}

/** A service with the same answer to every question. */
async function service(status: number, body: string, port = 0): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(status).end(body)
  })
  server.listen(port, '127.0.0.1')
  await onceEvent(server, 'listening')
  afterTest(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`
}

/** A server that asks the service for each connection, and a client of it. */
async function start(url: string, onFailure: string) {
  const flags = ['--authorize', url, '--authorize-at', 'connection', '--authorize-timeout', '1s', '--guard', 'none']
  const program = new Program(
    'server',
    '-t',
    'tok',
    '-H',
    '127.0.0.1',
    '-P',
    '0',
    ...flags,
    '--authorize-failure',
    onFailure,
  )
  const [, serverUrl = ''] = await program.printed(/^listening: (\S+)/m)
  const client = closing(new LinkSocksClient({ url: serverUrl, token: 'tok', proxy: { port: 0 } }))
  await client.start()
  const echo = closing(await echoServer())
  const reach = async (): Promise<string> => {
    const socket = await connect({ proxy: client.socksAddress!, target: echo, timeoutMs: 8000 })
    afterTest(() => socket.destroy())
    socket.write('in')
    const [answer] = await onceEvent(socket, 'data')
    socket.destroy()
    return String(answer)
  }
  return { program, reach }
}

describe.each(Object.entries(broken))('a service of --authorize that %s', { timeout }, (_title, startService) => {
  test('refuses connections with --authorize-failure refuse, and the log gives the reason', async () => {
    const { program, reach } = await start(await startService(), 'refuse')
    const failure: unknown = await reach().catch((error: unknown) => error)
    await program.printed(/the authorization service (does not answer|gives a wrong answer)/)
    expect(failure).toMatchObject({ code: 'ERR_SOCKS_REFUSED_BY_PROXY', reply: 'forbidden' })
  })

  test('allows connections with --authorize-failure allow, and the log gives the reason', async () => {
    const { program, reach } = await start(await startService(), 'allow')
    const answer = await reach()
    await program.printed(/the authorization service (does not answer|gives a wrong answer)/)
    expect(answer).toBe('in')
  })
})

test.each([
  ['refuse', '{"allow":true}', 'in'],
  ['allow', '{"allow":false}', 'out'],
])(
  'a service that answers again decides again, with --authorize-failure %s',
  { timeout },
  async (onFailure, body, last) => {
    const port = await freePort()
    const { reach } = await start(`http://127.0.0.1:${port}/`, onFailure)
    const outcome = (): Promise<string> => reach().catch(() => 'out')
    const first = await outcome()
    await service(200, body, port)
    const endMs = performance.now() + 10_000
    let now = first
    while (now === first && performance.now() < endMs) now = await outcome()
    expect({ first, now }).toEqual({ first: last === 'in' ? 'out' : 'in', now: last })
  },
)
