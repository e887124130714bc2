import { execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect as dialTcp, type Server } from 'node:net'
import { pipeline } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort, requireProgram } from '@ls/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseDestination } from '../destination.js'
import type { SocksRequest } from '../request.js'
import { decodeDatagram, encodeDatagram } from '../socks5/datagram.js'
import { accounts } from './accounts.js'
import { connect } from './connect.js'
import { createServer, type RequestHandler, type SocksServer } from './create-server.js'
import { performClientHandshake } from './perform-client-handshake.js'
import { replyForError } from './reply-for-error.js'

/** A body that needs many pieces, and in which no part repeats. */
const body = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff))
const target = createHttpServer((_, response) => response.end(body))
let targetPort: number

beforeAll(async () => {
  targetPort = await listen(target)
})

afterAll(() => {
  target.close()
  target.closeAllConnections()
})

describe.skipIf(isMissing('curl'))('createServer serves curl', () => {
  const requests: SocksRequest[] = []
  const open = createServer({}, (request, answer) => {
    requests.push(request)
    return dial(request, answer)
  })
  const closed = createServer({ auth: accounts([{ username: 'ada', password: 'sécret' }]) }, dial)
  let openPort: number
  let closedPort: number

  beforeAll(async () => {
    openPort = await listenLocally(open)
    closedPort = await listenLocally(closed)
  })

  afterAll(async () => {
    await Promise.all([open.close(), closed.close()])
  })

  test.each([
    ['--socks5', 5, '127.0.0.1'],
    ['--socks5-hostname', 5, 'localhost'],
    ['--socks4', 4, '127.0.0.1'],
    ['--socks4a', 4, 'localhost'],
  ])('with %s', async (option, version, host) => {
    const output = await curl(option, `127.0.0.1:${openPort}`)
    expect(output.equals(body)).toBe(true)
    expect(requests.at(-1)).toMatchObject({ version, destination: { host, port: targetPort } })
  })

  test('with a password', async () => {
    const output = await curl('--socks5', `127.0.0.1:${closedPort}`, '--proxy-user', 'ada:sécret')
    expect(output.equals(body)).toBe(true)
  })

  test.each([
    ['the wrong password', ['--socks5', '--proxy-user', 'ada:wrong'], /User was rejected/],
    ['no password', ['--socks5'], /No authentication method was acceptable/],
    ['SOCKS4, which has none', ['--socks4', '--proxy-user', 'ada:sécret'], /request rejected or failed/],
  ])('but not with %s where one is required', async (_, [option, ...rest], message) => {
    await expect(curl(option!, `127.0.0.1:${closedPort}`, ...rest)).rejects.toThrow(message)
  })

  test('and gets the reason why a target cannot be reached', async () => {
    const port = await freePort()
    const promise = promisify(execFile)('curl', [
      '-sS',
      '--socks5',
      `127.0.0.1:${openPort}`,
      `http://127.0.0.1:${port}/`,
    ])
    // curl prints the reply's byte: 5 is "refused".
    await expect(promise).rejects.toThrow(/\(5\)/)
  })

  function curl(option: string, proxy: string, ...rest: string[]): Promise<Buffer> {
    const args = ['-sS', '--noproxy', '', option, proxy, ...rest, `http://localhost:${targetPort}/`]
    return promisify(execFile)('curl', args, { encoding: 'buffer' }).then(({ stdout }) => stdout)
  }
})

describe.skipIf(isMissing('microsocks'))('connect reaches a target through microsocks', () => {
  test.each([
    ['an IPv4 address', '127.0.0.1'],
    ['a name', 'localhost'],
  ])('by %s', async (_, host) => {
    await withMicrosocks([], async (port) => {
      const socket = await connect({ proxy: { host: '127.0.0.1', port }, target: { host, port: targetPort } })
      // Not `end`: for microsocks the end of one direction is the end of both.
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      const answer = await buffer(socket)
      expect(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(body)).toBe(true)
    })
  })

  test('with a password', async () => {
    await withMicrosocks(['-u', 'ada', '-P', 'secret'], async (port) => {
      const proxy = { host: '127.0.0.1', port, username: 'ada', password: 'secret' }
      const socket = await connect({ proxy, target: { host: '127.0.0.1', port: targetPort } })
      socket.destroy()
      expect(socket.destroyed).toBe(true)
    })
  })

  test.each([
    [{ username: 'ada', password: 'wrong' }, 'ERR_SOCKS_AUTH_FAILED'],
    [{}, 'ERR_SOCKS_AUTH_REQUIRED'],
  ])('but not with %j where another is required', async (credentials, code) => {
    await withMicrosocks(['-u', 'ada', '-P', 'secret'], async (port) => {
      const proxy = { host: '127.0.0.1', port, ...credentials }
      const promise = connect({ proxy, target: { host: '127.0.0.1', port: targetPort } })
      await expect(promise).rejects.toThrow(expect.objectContaining({ code }))
    })
  })

  test('and gets the refusal of the target', async () => {
    await withMicrosocks([], async (port) => {
      const promise = connect({
        proxy: { host: '127.0.0.1', port },
        target: { host: '127.0.0.1', port: await freePort() },
      })
      await expect(promise).rejects.toThrow(expect.objectContaining({ reply: 'refused' }))
    })
  })

  async function withMicrosocks(args: string[], use: (port: number) => Promise<void>): Promise<void> {
    const port = await freePort()
    const child = spawn('microsocks', ['-i', '127.0.0.1', '-p', String(port), ...args], { stdio: 'ignore' })
    try {
      await accepts(port)
      await use(port)
    } finally {
      child.kill()
    }
  }
})

describe('UDP ASSOCIATE', () => {
  test('carries datagrams between performClientHandshake and createServer', async () => {
    const echo = createSocket('udp4')
    echo.on('message', (message, { port, address }) => echo.send(message, port, address))
    echo.bind(0, '127.0.0.1')
    await once(echo, 'listening')
    const server = createServer({ udp: true }, relayDatagrams)
    const control = dialTcp(await listenLocally(server), '127.0.0.1')
    const destination = parseDestination('0.0.0.0', 0)
    const { bound } = await performClientHandshake(control, { command: 'udp-associate', destination })
    const client = createSocket('udp4')
    const echoed = parseDestination('127.0.0.1', echo.address().port)
    client.send(encodeDatagram(echoed, Buffer.from('hello')), bound!.port, bound!.host)
    const [message] = (await once(client, 'message')) as [Buffer]
    expect(decodeDatagram(message)).toEqual({ destination: echoed, payload: Buffer.from('hello') })
    echo.close()
    client.close()
    await server.close()
  })

  /** The simplest relay: one client and one socket. */
  const relayDatagrams: RequestHandler = async (_, answer) => {
    const inside = createSocket('udp4').bind(0, '127.0.0.1')
    const outside = createSocket('udp4').bind(0, '127.0.0.1')
    await Promise.all([once(inside, 'listening'), once(outside, 'listening')])
    const control = answer.accept(parseDestination('127.0.0.1', inside.address().port))
    inside.on('message', (message, client) => {
      const { destination, payload } = decodeDatagram(message)
      outside.removeAllListeners('message').on('message', (message, from) => {
        inside.send(encodeDatagram(parseDestination(from.address, from.port), message), client.port, client.address)
      })
      outside.send(payload, destination.port, destination.host)
    })
    control.once('close', () => {
      inside.close()
      outside.close()
    })
  }
})

const dial: RequestHandler = ({ destination }, answer) => {
  const { host, port } = destination
  const next = dialTcp({ host, port, allowHalfOpen: true })
  next.once('connect', () => {
    const client = answer.accept()
    pipeline(client, next, client, () => {})
  })
  next.once('error', (error) => answer.reject(replyForError(error)))
}

function isMissing(program: string): boolean {
  return requireProgram(program) === undefined
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function listenLocally(server: SocksServer): Promise<number> {
  return (await server.listen({ host: '127.0.0.1', port: 0 })).port
}

/** Time for a program to start on a busy machine, in milliseconds. */
const startMs = 15_000

/** Waits until a program accepts connections on `port`: it does not report in another way that it is ready. */
async function accepts(port: number): Promise<void> {
  for (const endMs = performance.now() + startMs; performance.now() < endMs;) {
    const socket = dialTcp(port, '127.0.0.1')
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (connected) return
    await delay(10)
  }
  throw new Error(`nothing accepts on port ${port}`)
}
