import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createServer as createSocks } from '@ls/socks5/node'
import { until } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { hostOf, makeServerDial } from './server-dial.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const url = new URL('ws://server.test:80/socket')

/** A SOCKS proxy and a direct target, each of which records its requests. */
async function places(): Promise<{ proxy: string; port: number; asked: string[]; direct: string[] }> {
  const asked: string[] = []
  const direct: string[] = []
  const target = createServer((socket) => {
    direct.push(String(socket.localPort))
    socket.on('error', () => {}).destroy()
  }).listen(0, '127.0.0.1')
  await once(target, 'listening')
  const { port } = target.address() as AddressInfo
  const socks = createSocks({}, ({ destination }, answer) => {
    asked.push(destination.host)
    answer
      .accept()
      .on('error', () => {})
      .destroy()
  })
  const listening = await socks.listen({ host: '127.0.0.1', port: 0 })
  cleanups.push(
    () => target.close(),
    () => socks.close(),
  )
  return { proxy: `socks5://127.0.0.1:${listening.port}`, port, asked, direct }
}

describe('makeServerDial', () => {
  test('leaves the dialling to the transport where there is no proxy', () => {
    expect(makeServerDial({ transport: { environment: {} } })(url)).toBeUndefined()
  })

  test('leaves HTTP proxies of the environment to the transport', () => {
    expect(makeServerDial({ transport: { environment: { HTTP_PROXY: 'http://h' } } })(url)).toBeUndefined()
  })

  test('asks the environment for no proxy when told not to', () => {
    const environment = { ALL_PROXY: 'socks5://127.0.0.1:9' }
    expect(makeServerDial({ proxyFromEnvironment: false, transport: { environment } })(url)).toBeUndefined()
  })

  test('dials through the SOCKS proxy of the environment', async () => {
    const { proxy, asked } = await places()
    const dial = makeServerDial({ transport: { environment: { ALL_PROXY: proxy } } })(url)
    const stream = await dial?.({ host: 'server.test', port: 80 }, { signal: new AbortController().signal })
    stream?.destroy()
    expect(asked).toEqual(['server.test'])
  })

  test('goes directly to where a redirect leads that is exempt from the proxy', async () => {
    const { proxy, asked, port, direct } = await places()
    const dial = makeServerDial({ transport: { environment: { ALL_PROXY: proxy } } })(url)
    const stream = await dial?.({ host: '127.0.0.1', port }, { signal: new AbortController().signal })
    await until(() => direct.length === 1, 'the target to be reached')
    stream?.on('error', () => {}).destroy()
    expect({ asked, direct }).toEqual({ asked: [], direct: [String(port)] })
  })

  test('prefers the proxies that were named', async () => {
    const { proxy, asked } = await places()
    const environment = { ALL_PROXY: 'socks5://127.0.0.1:9' }
    const dial = makeServerDial({ serverProxies: [proxy], transport: { environment } })(url)
    const stream = await dial?.({ host: 'server.test', port: 80 }, { signal: new AbortController().signal })
    stream?.destroy()
    expect(asked).toEqual(['server.test'])
  })

  test('uses the dial of the transport unchanged', () => {
    const dial = () => Promise.reject(new Error('never'))
    expect(makeServerDial({ transport: { dial } })(url)).toBe(dial)
  })

  test('refuses two ways together', () => {
    const dial = () => Promise.reject(new Error('never'))
    expect(() => makeServerDial({ serverProxies: ['socks5://h'], transport: { dial } })).toThrow(TypeError)
  })

  test('refuses a proxy that is none', () => {
    expect(() => makeServerDial({ serverProxies: ['gopher://h'] })).toThrow(RangeError)
  })
})

test('hostOf shows the host of a URL with white space around it', () => {
  expect(hostOf(' ws://a:b@localhost:8765 ')).toBe('localhost:8765')
})
