import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'

const fixture = useProxyFixture()

/** An origin that answers each request with `response` and keeps its connection. */
async function originOf(response: string): Promise<{ authority: string; sockets: Socket[] }> {
  const sockets: Socket[] = []
  const authority = await fixture.tcp((socket) => {
    sockets.push(socket)
    socket.on('data', () => socket.write(response, 'latin1'))
  })
  return { authority, sockets }
}

describe('A response', () => {
  test.each([
    ['with a blank before the colon', 'X-A : 1\r\nContent-Length: 4\r\n\r\n'],
    ['with bare LF', 'X-A: 1\nContent-Length: 4\n\n'],
    ['with a folded line', 'X-A:\r\n 1\r\nContent-Length: 4\r\n\r\n'],
    ['with a control byte', 'X-A: 1\u0001\r\nContent-Length: 4\r\n\r\n'],
    ['with two equal lengths', 'X-A: 1\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n'],
  ])('%s arrives well-formed', async (_name, fields) => {
    const { authority } = await originOf(`HTTP/1.1 200 OK\r\n${fields}<ok>`)
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${authority}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('<ok>')).toMatch(
      /^HTTP\/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 4\r\n([\w-]+: [^\r\n]+\r\n)*\r\n<ok>$/,
    )
  })

  test.each([
    ['a NUL in its reason', '200 O\0K'],
    ['a status below 100', '099 OK'],
  ])('with %s is a 502', async (_name, status) => {
    const { authority } = await originOf(`HTTP/1.1 ${status}\r\nContent-Length: 4\r\n\r\n<ok>`)
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${authority}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('cannot be passed on')).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/)
  })

  test('that is chunked and has a length arrives chunked, and ends its connection', async () => {
    const fields = 'Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<ok>\r\n0\r\n\r\n'
    const { authority, sockets } = await originOf(`HTTP/1.1 200 OK\r\n${fields}`)
    const client = fixture.client(await fixture.proxy())
    const answers: string[] = []
    for (let turn = 0; turn < 2; turn++) {
      client.send(`GET http://${authority}/ HTTP/1.1`, 'Host: x', '', '')
      answers.push(await client.read('0\r\n\r\n'))
    }
    expect({ includesContentLength: answers.join('').includes('Content-Length'), sockets: sockets.length }).toEqual({
      includesContentLength: false,
      sockets: 2,
    })
  })

  test('with bytes behind its end arrives without them, and ends its connection', async () => {
    const { authority, sockets } = await originOf(
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<ok>HTTP/1.1 200 Evil\r\n\r\n',
    )
    const client = fixture.client(await fixture.proxy())
    const answers: string[] = []
    for (let turn = 0; turn < 2; turn++) {
      client.send(`GET http://${authority}/ HTTP/1.1`, 'Host: x', '', '')
      answers.push(await client.read('<ok>'))
    }
    expect({ includesEvil: answers.join('').includes('Evil'), sockets: sockets.length }).toEqual({
      includesEvil: false,
      sockets: 2,
    })
  })
})

describe('A response after which the origin closes', () => {
  const closing = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n<ok>'

  test.each([
    ['with Connection: close', closing],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n<ok>'],
  ])('%s ends the connection of its client, too', async (_name, response) => {
    const { authority } = await originOf(response)
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${authority}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.readAll()).toMatch(/\r\nConnection: close\r\n\r\n<ok>$/)
  })

  test.each(['Connection', 'Proxy-Connection'])('leaves that of a client with %s: keep-alive', async (name) => {
    const { authority } = await originOf(closing)
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${authority}/ HTTP/1.1`, 'Host: x', `${name}: Keep-Alive`, '', '')
    expect(await client.read('<ok>')).toMatch(/\r\nConnection: keep-alive\r\n/)
  })

  test('leaves that of a client that has asked for more', async () => {
    const { authority } = await originOf(closing)
    const client = fixture.client(await fixture.proxy())
    const request = `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`
    client.send(request + request)
    expect((await client.readAll()).match(/<ok>/g)?.length).toBe(2)
  })
})
