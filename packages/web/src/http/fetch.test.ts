import { loopbackPair, Session } from '@ls/mux'
import { expect, test } from 'vitest'
import { WebError } from '../errors.js'
import { TcpSocket } from '../sockets/tcp-socket.js'
import { fetchOver } from './fetch.js'

const terms = { extensions: ['window', 'fin'] } as const

/** A network whose hosts answer each request with one text; requests by host, in order. */
function network(answers: Readonly<Record<string, string>>) {
  const requests: (readonly [string, string])[] = []
  const [left, right] = loopbackPair()
  const session = new Session(terms)
  const far = new Session(terms, {
    onConnect: (channel) => {
      const host = channel.address?.host ?? ''
      channel.accept({
        onData: (bytes) => {
          requests.push([host, new TextDecoder().decode(bytes)])
          channel.send(new TextEncoder().encode(answers[host]))
          channel.end()
        },
      })
      channel.resume()
    },
  })
  far.attach(right)
  session.attach(left)
  const openTcp = (address: { host: string; port: number }): TcpSocket =>
    new TcpSocket(address, (handler) => {
      const channel = session.open({ protocol: 'tcp', address })
      channel.setHandler(handler)
      return channel
    })
  return { requests, means: { openTcp, Failure: WebError } }
}

const redirect = 'HTTP/1.1 302 Found\r\nLocation: http://b.test/x\r\nContent-Length: 0\r\n\r\n'
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const secrets = { authorization: 'Basic eA==', cookie: 'a=b', 'x-kept': '1' }

test('fetchOver follows a redirect', async () => {
  const { means } = network({ 'a.test': redirect, 'b.test': ok })
  const response = await fetchOver(means, 'http://a.test/', {})
  expect({ url: response.url, text: await response.text() }).toEqual({ url: 'http://b.test/x', text: 'ok' })
})

test('fetchOver sends secrets of the first origin to no other', async () => {
  const { means, requests } = network({ 'a.test': redirect, 'b.test': ok })
  await fetchOver(means, 'http://a.test/', { headers: secrets })
  expect(requests.at(-1)?.[1].split('\r\n').slice(0, -2)).toEqual([
    'GET /x HTTP/1.1',
    'host: b.test',
    'x-kept: 1',
    'connection: close',
  ])
})

test('fetchOver returns a redirect that it is not to follow', async () => {
  const { means } = network({ 'a.test': redirect })
  expect((await fetchOver(means, 'http://a.test/', { redirect: 'manual' })).status).toBe(302)
})

test('fetchOver fails at a redirect where none is allowed', async () => {
  const { means } = network({ 'a.test': redirect })
  await expect(fetchOver(means, 'http://a.test/', { redirect: 'error' })).rejects.toThrow(
    'redirects to http://b.test/x',
  )
})

test('fetchOver gives up after 20 redirects', async () => {
  const { means, requests } = network({ 'b.test': redirect })
  await expect(fetchOver(means, 'http://b.test/', {})).rejects.toThrow('redirects to')
  expect(requests).toHaveLength(21)
})

test('fetchOver takes no URL but one of http', async () => {
  const { means } = network({})
  await expect(fetchOver(means, 'https://a.test/', {})).rejects.toMatchObject({ code: 'ERR_WEB_HTTP' })
})
