import type { Duplex } from 'node:stream'
import type { Dial } from '@ls/dial'
import { askNode, describeAgents } from '@ls/testkit'
import { expect, test } from 'vitest'
import { http2ProxyTls, openHttp2Proxy } from '../../testing/http2-proxy.js'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import { dialDirect, type DialInfo } from '../dial-direct.js'
import { createAgents, createUndiciConnect } from './agent.js'
import { connect } from './connect.js'
import { Http2Sessions } from './http2-sessions.js'

const fixture = useProxyFixture()

describeAgents<string>({
  open: async () => {
    const asked: string[] = []
    const dial: Dial<Duplex, DialInfo> = ({ host, port }, info) => {
      if (info.kind !== 'connect') throw new Error('a request came without a tunnel')
      asked.push(host)
      return dialDirect({ host: '127.0.0.1', port }, info)
    }
    const port = await fixture.proxy({ accounts: [{ username: 'ada', password: 'secret' }] }, dial)
    return { proxy: `http://ada:secret@127.0.0.1:${port}`, asked }
  },
  withWrongPassword: (proxy) => proxy.replace('secret', 'wrong'),
  wrongPassword: 'ERR_HTTP_PROXY_AUTH',
  createAgents,
  connect,
  createUndiciConnect,
})

test('createAgents serves http.get over HTTP/2, with one tunnel for several requests', async () => {
  const web = await fixture.web((_, response) => response.end('hello'))
  const port = Number(web.split(':')[1])
  const [far, sessions] = [await openHttp2Proxy(fixture), new Http2Sessions()]
  fixture.defer(() => sessions.close())
  const proxy = { host: '127.0.0.1', port: far.port, tls: http2ProxyTls }
  const { http } = createAgents({ proxy, sessions, agent: { maxSockets: 1 } })
  fixture.defer(() => http.destroy())
  const options = { host: '127.0.0.1', port, agent: http }
  expect({ first: await askNode(options), second: await askNode(options) }).toEqual({ first: 'hello', second: 'hello' })
})
