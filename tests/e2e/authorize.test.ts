import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { LinkSocksClient } from '@ls/client'
import { type AuthorizeMoment, LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'

interface Asked {
  readonly event: string
  readonly target?: string
}

/** A service that decides by the question. */
async function service(allow: (question: Asked) => boolean): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const question = JSON.parse(body) as Asked
      asked.push(question)
      response.end(JSON.stringify({ allow: allow(question), reason: 'not paid' }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

async function startClient(url: string, at: AuthorizeMoment): Promise<LinkSocksClient> {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, authorize: { url, at } }))
  await server.listen()
  const token = server.addForwardToken('t', { policy: { name: 'ada' } })
  return closing(
    new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, token, proxy: { port: 0 }, reconnect: false }),
  )
}

describe('authorize', () => {
  test('asks for a link and for each connection, and refuses with the reason', async () => {
    const echo = closing(await echoServer())
    const { url, asked } = await service(({ target }) => target === undefined || target.endsWith(`:${echo.port}`))
    const client = await startClient(url, 'both')
    await client.start()
    const proxy = client.socksAddress ?? { host: '', port: 0 }
    const socket = await connect({ proxy, target: { host: '127.0.0.1', port: echo.port } })
    afterTest(() => socket.destroy())
    const refused = await connect({ proxy, target: { host: '127.0.0.1', port: 1 } }).catch(String)
    expect({ refused, asked }).toMatchObject({
      refused: expect.stringMatching(/not allowed|forbidden|0x02/i) as string,
      asked: [
        { event: 'link', token: { name: 'ada' }, role: 'client', address: '127.0.0.1' },
        { event: 'connection', target: `127.0.0.1:${echo.port}`, protocol: 'tcp' },
        { event: 'connection', target: '127.0.0.1:1', protocol: 'tcp' },
      ],
    })
  })

  test('refuses a client whose link the service refuses', async () => {
    const { url } = await service(() => false)
    await expect((await startClient(url, 'link')).start()).rejects.toThrow('not paid')
  })
})
