import { until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import { dialDirect } from '../dial-direct.js'

const fixture = useProxyFixture()

describe('a target that cannot be reached', () => {
  test.each([
    ['refused', 502],
    ['timeout', 504],
    ['no-provider', 503],
    ['forbidden', 403],
  ])('for the reason %s is answered with %i and the reason', async (reply, status) => {
    const error = Object.assign(new Error(`${reply}: that is why\nInjected: header`), { reply })
    const client = fixture.client(await fixture.proxy({}, () => Promise.reject(error)))
    client.send('GET http://a.example/ HTTP/1.1', 'Host: x', '', '')
    const answer = await client.read('header\n')
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*\r\n\r\n${reply}: that is why Injected: header\n$`))
  })

  test('leaves the connection usable', async () => {
    const origin = await fixture.web((_, response) => response.end('<ok>'))
    const client = fixture.client(await fixture.proxy())
    client.send('GET http://127.0.0.1:1/ HTTP/1.1', 'Host: x', '', '')
    expect(await client.read('127.0.0.1:1\n')).toMatch('refused: connect ECONNREFUSED')
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    await expect(client.read('<ok>')).resolves.toMatch(/^HTTP\/1.1 200 /)
  })

  test('that never answers the dial gets 504 after dialTimeoutMs', async () => {
    const client = fixture.client(await fixture.proxy({ dialTimeoutMs: 20 }, () => new Promise(() => {})))
    client.send('GET http://a.example/ HTTP/1.1', 'Host: x', '', '')
    expect(await client.read('20 ms\n')).toMatch(/^HTTP\/1.1 504 [\s\S]*timeout: reaching a.example port 80/)
  })

  test('that answers something else than HTTP gets 502', async () => {
    const origin = await fixture.tcp((socket) => void socket.once('data', () => socket.end('SSH-2.0-x\r\n')))
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('\n\r\n')).toMatch(/^HTTP\/1.1 502 /)
  })

  test('that answers with two different lengths gets 502', async () => {
    const two = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'
    const origin = await fixture.tcp((socket) => void socket.once('data', () => socket.end(two)))
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('\n\r\n')).toMatch(/^HTTP\/1.1 502 /)
  })

  test('has its late stream destroyed', async () => {
    const origin = await fixture.tcp(() => {})
    const [host = '', port] = origin.split(':')
    let late: Awaited<ReturnType<typeof dialDirect>> | undefined
    const proxy = await fixture.proxy({ dialTimeoutMs: 20 }, async (_target, info) => {
      await new Promise((resolve) => info.signal.addEventListener('abort', resolve))
      late = await dialDirect({ host, port: Number(port) }, { signal: new AbortController().signal })
      return late
    })
    const client = fixture.client(proxy)
    client.send('GET http://a.example/ HTTP/1.1', 'Host: x', '', '')
    await client.read('20 ms\n')
    await expect(until(() => late?.destroyed === true, 'the late stream to be destroyed')).resolves.toBeUndefined()
  })
})
