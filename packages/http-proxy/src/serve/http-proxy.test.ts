import { turns } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import { dialDirect } from '../dial-direct.js'
import { HttpProxy } from './http-proxy.js'

const fixture = useProxyFixture()

describe('a served socket', () => {
  test('is served though another reader has consumed its first bytes', async () => {
    const origin = await fixture.web((_, response) => response.end('<ok>'))
    const proxy = new HttpProxy({}, dialDirect)
    fixture.defer(() => proxy.close())
    const address = await fixture.tcp((socket) => {
      socket.once('data', (chunk: Buffer) => {
        socket.pause()
        setImmediate(() => proxy.serve(socket, chunk))
      })
    })
    const client = fixture.client(Number(address.split(':')[1]))
    client.send('GET ')
    await turns(20)
    client.send(`http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('<ok>')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('is counted until it closes', async () => {
    const proxy = new HttpProxy({}, dialDirect)
    const address = await fixture.tcp((socket) => proxy.serve(socket))
    const client = fixture.client(Number(address.split(':')[1]))
    client.send('OPTIONS * HTTP/1.1', 'Host: x', '', '')
    await client.read('\r\n\r\n')
    expect(proxy.connections).toBe(1)
    await proxy.close()
    expect(proxy.connections).toBe(0)
  })
})

test('HttpProxy.close ends for each caller when the last client is gone', async () => {
  const proxy = new HttpProxy({}, dialDirect)
  const address = await fixture.tcp((socket) => proxy.serve(socket))
  const client = fixture.client(Number(address.split(':')[1]))
  client.send('OPTIONS * HTTP/1.1', 'Host: x', '', '')
  await client.read('\r\n\r\n')
  const left = [proxy.close(), proxy.close()].map((closing) => closing.then(() => proxy.connections))
  expect(await Promise.all(left)).toEqual([0, 0])
})
