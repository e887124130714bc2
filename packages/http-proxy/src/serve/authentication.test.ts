import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'

const fixture = useProxyFixture()

const accounts = [
  { username: 'ann', password: 'secret' },
  { username: 'bob', password: '' },
]
const field = (text: string) => `Proxy-Authorization: Basic ${Buffer.from(text).toString('base64')}`

describe('accounts', () => {
  test('asks a client without credentials for them and lets it try again on the same connection', async () => {
    const origin = await fixture.web((_, response) => response.end('<ok>'))
    const client = fixture.client(await fixture.proxy({ accounts }))
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    const first = await client.read('password\n')
    expect(first).toMatch(/^HTTP\/1.1 407 [\s\S]*\r\nProxy-Authenticate: Basic realm="proxy"\r\n/)
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', field('ann:secret'), '', '')
    await expect(client.read('<ok>')).resolves.toMatch(/^HTTP\/1.1 200 /)
  })

  test.each(['ann:wrong', 'ann:', 'bob:secret', 'eve:secret', 'ann', '', 'ann:secret2'])(
    'refuses %j with 407',
    async (credentials) => {
      const client = fixture.client(await fixture.proxy({ accounts }))
      client.send('CONNECT a.example:1 HTTP/1.1', 'Host: x', field(credentials), '', '')
      expect(await client.readAll()).toMatch(/^HTTP\/1.1 407 /)
    },
  )

  test('refuses two sets of credentials, of which one is right', async () => {
    const client = fixture.client(await fixture.proxy({ accounts }))
    client.send('CONNECT a.example:1 HTTP/1.1', 'Host: x', field('ann:secret'), field('x:y'), '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 407 /)
  })

  test.each(['ann:secret', 'bob:'])('lets %j through', async (credentials) => {
    const echo = await fixture.tcp((socket) => socket.pipe(socket))
    const client = fixture.client(await fixture.proxy({ accounts }))
    client.send(`CONNECT ${echo} HTTP/1.1`, 'Host: x', field(credentials), '', 'hi')
    expect(await client.read('hi')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('guards OPTIONS * too', async () => {
    const client = fixture.client(await fixture.proxy({ accounts }))
    client.send('OPTIONS * HTTP/1.1', 'Host: x', '', '')
    expect(await client.read('\r\n\r\n')).toMatch(/^HTTP\/1.1 407 /)
  })
})
