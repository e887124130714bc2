import type { Duplex } from 'node:stream'
import type { Dial } from '@ls/dial'
import { until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { plainDuplex } from '../../testing/plain-duplex.js'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import { dialDirect } from '../dial-direct.js'

const fixture = useProxyFixture()

const dialPlainDuplex: Dial = async (target, info) => plainDuplex(await dialDirect(target, info))

describe('Origins', () => {
  test.each([
    ['sockets', dialDirect],
    ['streams that are no sockets', dialPlainDuplex],
  ])('reuse %s without leaving listeners behind', async (_kind, dial) => {
    const origin = await fixture.web((_, response) => response.end('<ok>'))
    const dialled: Duplex[] = []
    const port = await fixture.proxy({}, async (target, info) => {
      const stream = await dial(target, info)
      dialled.push(stream)
      return stream
    })
    const client = fixture.client(port)
    const counts: number[] = []
    for (let turn = 0; turn < 5; turn++) {
      client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
      await client.read('<ok>')
      counts.push(dialled[0]?.listenerCount('error') ?? -1)
    }
    expect({ dialled: dialled.length, fifthCount: counts[4] }).toEqual({ dialled: 1, fifthCount: counts[1] })
  })

  test('destroy a stream that is no socket once its origin does not keep it', async () => {
    const origin = await fixture.web((_, response) => response.writeHead(200, { Connection: 'close' }).end('<ok>'))
    let dialled: Duplex | undefined
    const port = await fixture.proxy({}, async (target, info) => (dialled = await dialPlainDuplex(target, info)))
    const client = fixture.client(port)
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    await client.read('<ok>')
    await expect(until(() => dialled?.destroyed === true, 'the stream to be destroyed')).resolves.toBeUndefined()
  })

  test('do not use a connection of one account for another', async () => {
    const accounts = [
      { username: 'ann', password: 'a' },
      { username: 'bob', password: 'b' },
    ]
    const origin = await fixture.web((_, response) => response.end('<ok>'))
    const users: (string | undefined)[] = []
    const port = await fixture.proxy({ accounts }, (target, info) => {
      users.push(info.user)
      return dialDirect(target, info)
    })
    const client = fixture.client(port)
    for (const { username, password } of [...accounts, ...accounts]) {
      const field = `Proxy-Authorization: Basic ${btoa(`${username}:${password}`)}`
      client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', field, '', '')
      await client.read('<ok>')
    }
    expect(users).toEqual(['ann', 'bob'])
  })
})
