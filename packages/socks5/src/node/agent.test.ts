import { once } from 'node:events'
import { createServer as createHttp, get, type IncomingMessage, type RequestOptions } from 'node:http'
import { type AddressInfo, connect as dialTcp } from 'node:net'
import { pipeline } from 'node:stream'
import { text } from 'node:stream/consumers'
import { askOver } from '@ls/testkit'
import { Agent, request } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAgents, createUndiciConnect } from './agent.js'
import { connect, type Proxy } from './connect.js'
import { createServer } from './create-server.js'

const answer = 'hello through the proxy'

async function httpPort(): Promise<number> {
  const server = createHttp((_, response) => response.end(answer)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A proxy that records the requested targets, and connects to this machine instead. */
async function proxy(): Promise<{ proxy: Proxy; asked: string[] }> {
  const asked: string[] = []
  const server = createServer({ accounts: [{ username: 'ada', password: 'secret' }] }, ({ destination }, reply) => {
    asked.push(destination.host)
    const target = dialTcp({ host: '127.0.0.1', port: destination.port, allowHalfOpen: true })
    target.once('error', (error) => reply.reject(error))
    target.once('connect', () => {
      const client = reply.accept()
      pipeline(client, target, client, () => {})
    })
  })
  const address = await server.listen({ port: 0 })
  onTestFinished(() => server.close())
  return { proxy: { ...address, username: 'ada', password: 'secret' }, asked }
}

async function ask(options: RequestOptions): Promise<string> {
  const [response] = (await once(get(options), 'response')) as [IncomingMessage]
  return text(response)
}

describe('createAgents', () => {
  test('serves http.get, with the name resolved at the proxy', async () => {
    const [through, port] = [await proxy(), await httpPort()]
    const { http } = createAgents({ proxy: through.proxy, agent: { keepAlive: false } })
    expect({ text: await ask({ host: 'far.test', port, agent: http }), asked: through.asked }).toEqual({
      text: answer,
      asked: ['far.test'],
    })
  })

  test('fails a request with the reason of the proxy', async () => {
    const { proxy: through } = await proxy()
    const { http } = createAgents({ proxy: { ...through, password: 'wrong' } })
    await expect(ask({ host: 'far.test', port: 1, agent: http })).rejects.toMatchObject({
      code: 'ERR_SOCKS_AUTH_FAILED',
    })
  })
})

describe('createUndiciConnect', () => {
  test('serves undici, with the name resolved at the proxy', async () => {
    const [through, port] = [await proxy(), await httpPort()]
    const dispatcher = new Agent({ connect: createUndiciConnect({ proxy: through.proxy }) })
    onTestFinished(() => dispatcher.destroy())
    const { body } = await request(`http://far.test:${port}/`, { dispatcher })
    expect({ text: await body.text(), asked: through.asked }).toEqual({ text: answer, asked: ['far.test'] })
  })
})

describe('connect', () => {
  test('hands out a socket that works in an agent of the caller', async () => {
    const [through, port] = [await proxy(), await httpPort()]
    expect(await askOver(() => connect({ proxy: through.proxy, target: { host: 'far.test', port } }))).toBe(answer)
  })
})
