import { once } from 'node:events'
import { Agent as HttpAgent, createServer as createHttp, get as getHttp, type IncomingMessage } from 'node:http'
import { createServer as createHttps, get as getHttps } from 'node:https'
import { type AddressInfo, connect as dialTcp, type Server } from 'node:net'
import { pipeline } from 'node:stream'
import { text } from 'node:stream/consumers'
import { testAuthority } from '@ls/testkit'
import { Agent, request } from 'undici'
import { describe, expect, test, onTestFinished } from 'vitest'
import { createAgents, createUndiciConnect } from './agent.js'
import { connect, type Proxy } from './connect.js'
import { createServer } from './create-server.js'
import { replyForError } from './reply-for-error.js'

const authority = testAuthority()
const certificate = authority.issue()
const answer = 'hello through the proxy'

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const httpPort = () => portOf(createHttp((_, response) => response.end(answer)))
const httpsPort = () => portOf(createHttps(certificate, (_, response) => response.end(answer)))

/** A proxy that notes what it is asked for, and reaches this machine instead. */
async function proxy(): Promise<{ proxy: Proxy; asked: string[] }> {
  const asked: string[] = []
  const server = createServer({ accounts: [{ username: 'ada', password: 'secret' }] }, ({ destination }, reply) => {
    asked.push(destination.host)
    const target = dialTcp({ host: '127.0.0.1', port: destination.port, allowHalfOpen: true })
    target.once('error', (error) => reply.reject(replyForError(error)))
    target.once('connect', () => {
      const client = reply.accept()
      pipeline(client, target, client, () => {})
    })
  })
  const address = await server.listen({ port: 0 })
  onTestFinished(() => server.close())
  return { proxy: { ...address, username: 'ada', password: 'secret' }, asked }
}

describe('createAgents', () => {
  test('serves http.get, with the name resolved at the proxy', async () => {
    const [through, port] = [await proxy(), await httpPort()]
    const agents = createAgents({ proxy: through.proxy, agent: { keepAlive: false } })
    const [response] = (await once(getHttp({ host: 'far.test', port, agent: agents.http }), 'response')) as [
      IncomingMessage,
    ]
    expect({ text: await text(response), asked: through.asked }).toEqual({ text: answer, asked: ['far.test'] })
  })

  test('uses a connection again', async () => {
    const [through, port] = [await proxy(), await httpPort()]
    const agents = createAgents({ proxy: through.proxy, agent: { maxSockets: 1 } })
    onTestFinished(() => agents.http.destroy())
    for (let count = 0; count < 3; count++) {
      const [response] = (await once(getHttp({ host: 'far.test', port, agent: agents.http }), 'response')) as [
        IncomingMessage,
      ]
      expect(await text(response)).toBe(answer)
    }
    expect(through.asked).toEqual(['far.test'])
  })

  test('serves https.get, and checks the certificate for the name', async () => {
    const [through, port] = [await proxy(), await httpsPort()]
    const agents = createAgents({ proxy: through.proxy, agent: { keepAlive: false } })
    const options = { host: 'localhost', port, agent: agents.https, ca: authority.cert }
    const [response] = (await once(getHttps(options), 'response')) as [IncomingMessage]
    expect({ text: await text(response), asked: through.asked }).toEqual({ text: answer, asked: ['localhost'] })
  })

  test('refuses a certificate of an unknown issuer', async () => {
    const [through, port] = [await proxy(), await httpsPort()]
    const agents = createAgents({ proxy: through.proxy })
    const [error] = (await once(getHttps({ host: 'localhost', port, agent: agents.https }), 'error')) as [Error]
    expect(error).toMatchObject({ code: expect.stringMatching(/CERT|ISSUER|SIGNATURE/) as string })
  })

  test('fails a request with the reason of the proxy', async () => {
    const { proxy: through } = await proxy()
    const { http } = createAgents({ proxy: { ...through, password: 'wrong' } })
    const request = getHttp({ host: 'far.test', port: 1, agent: http })
    const [error] = (await once(request, 'error')) as [Error]
    expect(error).toMatchObject({ code: 'ERR_SOCKS_AUTH_FAILED' })
  })
})

describe('createUndiciConnect', () => {
  test.each([
    ['http', httpPort],
    ['https', httpsPort],
  ] as const)('serves undici over %s', async (scheme, listen) => {
    const [through, port] = [await proxy(), await listen()]
    const dispatcher = new Agent({ connect: createUndiciConnect({ proxy: through.proxy }, { ca: authority.cert }) })
    onTestFinished(() => dispatcher.destroy())
    const { body } = await request(`${scheme}://localhost:${port}/`, { dispatcher })
    expect({ text: await body.text(), asked: through.asked }).toEqual({ text: answer, asked: ['localhost'] })
  })
})

describe('connect', () => {
  test('hands out a socket that works in an agent of the caller', async () => {
    const [through, port] = [await proxy(), await httpPort()]
    class OwnAgent extends HttpAgent {
      override createConnection(_: unknown, callback?: (error: Error | null, socket: never) => void): undefined {
        void connect({ proxy: through.proxy, target: { host: 'far.test', port } }).then((socket) =>
          callback?.(null, socket as never),
        )
      }
    }
    const [response] = (await once(getHttp({ host: 'far.test', port, agent: new OwnAgent() }), 'response')) as [
      IncomingMessage,
    ]
    expect(await text(response)).toBe(answer)
  })
})
