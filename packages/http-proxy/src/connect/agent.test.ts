import { once } from 'node:events'
import { get, type IncomingMessage, type RequestOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Dial } from '@ls/dial'
import { askOver } from '@ls/testkit'
import { Agent, request } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { http2ProxyTls, openHttp2Proxy } from '../../testing/http2-proxy.js'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import { dialDirect, type DialInfo } from '../dial.js'
import { createAgents, createUndiciConnect } from './agent.js'
import { connect } from './connect.js'
import { Http2Sessions } from './http2-sessions.js'

const answer = 'hello through the proxy'
const fixture = useProxyFixture()

async function httpPort(): Promise<number> {
  return Number((await fixture.web((_, response) => response.end(answer))).split(':')[1])
}

/** A proxy that records the requested targets, and connects to this machine instead. */
async function proxy(): Promise<{ proxy: string; asked: string[] }> {
  const asked: string[] = []
  const dial: Dial<Duplex, DialInfo> = ({ host, port }, info) => {
    asked.push(`${info.kind} ${host}`)
    return dialDirect({ host: '127.0.0.1', port }, info)
  }
  const port = await fixture.proxy({ accounts: [{ username: 'ada', password: 'secret' }] }, dial)
  return { proxy: `http://ada:secret@127.0.0.1:${port}`, asked }
}

async function ask(options: RequestOptions): Promise<string> {
  const [response] = (await once(get(options), 'response')) as [IncomingMessage]
  return text(response)
}

describe('createAgents', () => {
  test('serves http.get through a tunnel, with the name resolved at the proxy', async () => {
    const [through, port] = [await proxy(), await httpPort()]
    const { http } = createAgents({ proxy: through.proxy, agent: { keepAlive: false } })
    expect({ text: await ask({ host: 'far.test', port, agent: http }), asked: through.asked }).toEqual({
      text: answer,
      asked: ['connect far.test'],
    })
  })

  test('serves http.get over HTTP/2, with one tunnel for several requests', async () => {
    const [far, port, sessions] = [await openHttp2Proxy(fixture), await httpPort(), new Http2Sessions()]
    fixture.defer(() => sessions.close())
    const proxy = { host: '127.0.0.1', port: far.port, tls: http2ProxyTls }
    const { http } = createAgents({ proxy, sessions, agent: { maxSockets: 1 } })
    fixture.defer(() => http.destroy())
    const options = { host: '127.0.0.1', port, agent: http }
    expect({ first: await ask(options), second: await ask(options) }).toEqual({ first: answer, second: answer })
  })

  test('fails a request with the reason of the proxy', async () => {
    const { proxy: through } = await proxy()
    const { http } = createAgents({ proxy: through.replace('secret', 'wrong') })
    await expect(ask({ host: 'far.test', port: 1, agent: http })).rejects.toMatchObject({
      code: 'ERR_HTTP_PROXY_AUTH',
    })
  })
})

describe('createUndiciConnect', () => {
  test('serves undici, with the name resolved at the proxy', async () => {
    const [through, port] = [await proxy(), await httpPort()]
    const dispatcher = new Agent({ connect: createUndiciConnect({ proxy: through.proxy }) })
    onTestFinished(() => dispatcher.destroy())
    const { body } = await request(`http://far.test:${port}/`, { dispatcher })
    expect({ text: await body.text(), asked: through.asked }).toEqual({ text: answer, asked: ['connect far.test'] })
  })
})

describe('connect', () => {
  test('hands out a stream that works in an agent of the caller', async () => {
    const [through, port] = [await proxy(), await httpPort()]
    expect(await askOver(() => connect({ proxy: through.proxy, target: { host: 'far.test', port } }))).toBe(answer)
  })
})
