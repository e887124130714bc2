import { once } from 'node:events'
import { createServer as createHttp, get as getHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { createServer as createHttps, get as getHttps } from 'node:https'
import { type AddressInfo, connect, type Server } from 'node:net'
import { duplexPair } from 'node:stream'
import { text } from 'node:stream/consumers'
import { testAuthority } from '@ls/testkit'
import { Agent, request } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { agentsOver, type OpenConnection, undiciConnectOver } from './agents.js'
import type { Target } from './custom-dial.js'

const authority = testAuthority()
const certificate = authority.issue()
const answer = 'hello'

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const httpPort = () => portOf(createHttp((_, response) => response.end(answer)))
const httpsPort = () => portOf(createHttps(certificate, (_, response) => response.end(answer)))

/** Connects to this machine, whatever the host; `asked` has the targets. */
function opener(): { open: OpenConnection; asked: Target[] } {
  const asked: Target[] = []
  const open: OpenConnection = async (target) => {
    asked.push(target)
    return connect(target.port, '127.0.0.1')
  }
  return { open, asked }
}

/** Streams that are no sockets, as those of HTTP/2. */
const openDuplex: OpenConnection = async ({ port }) => {
  const [near, far] = duplexPair()
  const socket = connect(port, '127.0.0.1')
  socket.pipe(far).pipe(socket)
  return near
}

async function ask(get: typeof getHttp, options: RequestOptions & { ca?: string }): Promise<string> {
  const [response] = (await once(get(options), 'response')) as [IncomingMessage]
  return text(response)
}

describe('agentsOver', () => {
  test('asks for the host and port of the request', async () => {
    const [{ open, asked }, port] = [opener(), await httpPort()]
    const { http } = agentsOver(open, { keepAlive: false })
    expect({ text: await ask(getHttp, { host: 'far.test', port, agent: http }), asked }).toEqual({
      text: answer,
      asked: [{ host: 'far.test', port }],
    })
  })

  test.each([
    ['sockets', () => opener().open],
    ['streams that are no sockets', () => openDuplex],
  ])('uses a connection again, over %s', async (_, make) => {
    const [open, port] = [make(), await httpPort()]
    let opened = 0
    const counted: OpenConnection = (target) => {
      opened++
      return open(target)
    }
    const { http } = agentsOver(counted, { maxSockets: 1 })
    onTestFinished(() => http.destroy())
    for (let count = 0; count < 3; count++)
      expect(await ask(getHttp, { host: 'a.test', port, agent: http })).toBe(answer)
    expect(opened).toBe(1)
  })

  test.each([
    ['sockets', () => opener().open],
    ['streams that are no sockets', () => openDuplex],
  ])('checks the certificate for the name, over %s', async (_, make) => {
    const port = await httpsPort()
    const { https } = agentsOver(make(), { keepAlive: false })
    const right = await ask(getHttps, { host: 'localhost', port, agent: https, ca: authority.cert })
    const wrong = ask(getHttps, { host: 'other.test', port, agent: https, ca: authority.cert })
    await expect(wrong).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(right).toBe(answer)
  })

  test('refuses a certificate of an unknown authority', async () => {
    const { https } = agentsOver(opener().open)
    const asking = ask(getHttps, { host: 'localhost', port: await httpsPort(), agent: https })
    await expect(asking).rejects.toMatchObject({ code: expect.stringMatching(/CERT|ISSUER|SIGNATURE/) as string })
  })

  test('fails a request with the error of its connection', async () => {
    const { http } = agentsOver(() => Promise.reject(new Error('not today')))
    await expect(ask(getHttp, { host: 'a.test', port: 1, agent: http })).rejects.toThrow('not today')
  })
})

describe('undiciConnectOver', () => {
  test.each([
    ['http', 'sockets', httpPort, () => opener().open],
    ['https', 'sockets', httpsPort, () => opener().open],
    ['http', 'streams that are no sockets', httpPort, () => openDuplex],
    ['https', 'streams that are no sockets', httpsPort, () => openDuplex],
  ] as const)('serves undici by %s over %s', async (scheme, _, listen, make) => {
    const port = await listen()
    const dispatcher = new Agent({ connect: undiciConnectOver(make(), { ca: authority.cert }) })
    onTestFinished(() => dispatcher.destroy())
    const { body } = await request(`${scheme}://localhost:${port}/`, { dispatcher })
    expect(await body.text()).toBe(answer)
  })

  test.each([
    ['http://[::1]/', { host: '::1', port: 80 }],
    ['https://a.test/', { host: 'a.test', port: 443 }],
    ['https://a.test:1/', { host: 'a.test', port: 1 }],
  ])('asks for the target of %s, and fails with the error of its connection', async (url, target) => {
    const asked: Target[] = []
    const open: OpenConnection = (each) => {
      asked.push(each)
      return Promise.reject(new Error('not today'))
    }
    const dispatcher = new Agent({ connect: undiciConnectOver(open) })
    onTestFinished(() => dispatcher.destroy())
    await expect(request(url, { dispatcher })).rejects.toThrow('not today')
    expect(asked).toEqual([target])
  })
})
