import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'

const fixture = useProxyFixture()

/** Requests that must end the connection: lines between request line and Host, and the body. ORIGIN is its URL. */
const corpus: Record<string, { status: number; request: string }> = {
  'both lengths': post(400, ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  'both lengths, the other way round': post(400, ['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'),
  'two different lengths': post(400, ['Content-Length: 3', 'Content-Length: 4'], 'abcd'),
  'two equal lengths': post(400, ['Content-Length: 3', 'Content-Length: 3'], 'abc'),
  'a list of lengths': post(400, ['Content-Length: 3, 3'], 'abc'),
  'a signed length': post(400, ['Content-Length: +3'], 'abc'),
  'a hexadecimal length': post(400, ['Content-Length: 0x3'], 'abc'),
  'an empty length': post(400, ['Content-Length:'], 'abc'),
  'a length with a space before its colon': post(400, ['Content-Length : 3'], 'abc'),
  'an unknown transfer coding': post(501, ['Transfer-Encoding: xchunked'], '0\r\n\r\n'),
  'a quoted transfer coding': post(501, ['Transfer-Encoding: "chunked"'], '0\r\n\r\n'),
  'chunked twice': post(400, ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  'chunked not at the end': post(400, ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'),
  'a coding below chunked': post(501, ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'),
  'a vertical tab before chunked': post(400, ['Transfer-Encoding:\u000bchunked'], '0\r\n\r\n'),
  'a chunk size that is no number': chunks('zz\r\n\r\n'),
  'a negative chunk size': chunks('-1\r\n\r\n'),
  'an enormous chunk size': chunks('fffffffffffffffff\r\n\r\n'),
  'a chunk size with 0x': chunks('0x1\r\na\r\n0\r\n\r\n'),
  'a chunk size with a space': chunks('1 \r\na\r\n0\r\n\r\n'),
  'chunks that end in LF': chunks('1\na\n0\n\n'),
  'a chunk longer than it says': chunks('1\r\naXX\r\n0\r\n\r\n'),
  'a bare CR in a chunk extension': chunks('1;a\rb\r\na\r\n0\r\n\r\n'),
  'a length in the trailers': chunks('0\r\nContent-Length: 5\r\n\r\n'),
  'a folded line': get(400, ['X-A: b', ' c']),
  'a line folded by a tab': get(400, ['X-A: b', '\tTransfer-Encoding: chunked']),
  'a bare CR in a value': get(400, ['X-A: b\rX-B: c']),
  'lines that end in LF': get(400, ['X-A: b\nX-B: c']),
  'a NUL in a value': get(400, ['X-A: b\0c']),
  'an empty name': get(400, [': b']),
  'a space in a name': get(400, ['X A: b']),
  'a space before the first name': { status: 400, request: 'GET ORIGIN HTTP/1.1\r\n Host: x\r\n\r\n' },
  'two Hosts': get(400, ['Host: y.example']),
  'a Host with a path': { status: 400, request: 'GET ORIGIN HTTP/1.1\r\nHost: x.example/y\r\n\r\n' },
  'a Host with a user': { status: 400, request: 'GET ORIGIN HTTP/1.1\r\nHost: u@x.example\r\n\r\n' },
  'no Host': { status: 400, request: 'GET ORIGIN HTTP/1.1\r\n\r\n' },
  'a Connection that names Content-Length': post(400, ['Connection: Content-Length', 'Content-Length: 3'], 'abc'),
  'a Connection that names Host': get(400, ['Connection: close, host']),
  'chunked in HTTP/1.0': {
    status: 400,
    request: 'POST ORIGIN HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  },
  'HTTP/0.9': { status: 505, request: 'GET ORIGIN\r\n\r\n' },
  'HTTP/2.0': { status: 505, request: 'GET ORIGIN HTTP/2.0\r\nHost: x\r\n\r\n' },
  'the preface of HTTP/2': { status: 505, request: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  'a space in the URL': { status: 400, request: 'GET ORIGIN /x HTTP/1.1\r\nHost: x\r\n\r\n' },
  'a URL with a user': { status: 400, request: 'GET http://u:p@x.example/ HTTP/1.1\r\nHost: x\r\n\r\n' },
  'an https URL': { status: 400, request: 'GET https://x.example/ HTTP/1.1\r\nHost: x\r\n\r\n' },
  'a URL without a host': { status: 400, request: 'GET http:///x HTTP/1.1\r\nHost: x\r\n\r\n' },
  'no HTTP at all': { status: 400, request: '\u0016\u0003\u0001\u0002\u0000\u0001\u0000' },
}

function post(status: number, fields: string[], body: string): { status: number; request: string } {
  return { status, request: ['POST ORIGIN HTTP/1.1', 'Host: x', ...fields, '', body].join('\r\n') }
}

function chunks(body: string): { status: number; request: string } {
  return post(400, ['Transfer-Encoding: chunked'], body)
}

function get(status: number, fields: string[]): { status: number; request: string } {
  return { status, request: ['GET ORIGIN HTTP/1.1', 'Host: x', ...fields, '', ''].join('\r\n') }
}

/** An origin that counts the requests which reach it whole. */
async function countingOrigin(): Promise<{ url: string; whole: () => number }> {
  let whole = 0
  const authority = await fixture.web((request, response) => {
    request.on('error', () => {})
    request.on('end', () => {
      whole++
      response.end('reached')
    })
    request.resume()
  })
  return { url: `http://${authority}/`, whole: () => whole }
}

describe('a request with', () => {
  test.each(Object.entries(corpus))('%s is refused and ends the connection', async (_what, { status, request }) => {
    const origin = await countingOrigin()
    const client = fixture.client(await fixture.proxy())
    const second = `GET ${origin.url}smuggled HTTP/1.1\r\nHost: x\r\n\r\n`
    client.send(request.replace('ORIGIN', origin.url) + second)
    const answer = await client.readAll()
    expect({ match: answer.match(/HTTP\/1\.1 \d+/g), whole: origin.whole() }).toEqual({
      match: [`HTTP/1.1 ${status}`],
      whole: 0,
    })
    expect(answer).toMatch(/\r\nConnection: close\r\n\r\n[^\n]+\n$/)
  })

  test('a malformed body does not damage the response before it', async () => {
    const origin = await fixture.web((_, response) => void setTimeout(() => response.end('<first>'), 20))
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'Transfer-Encoding: chunked', '', 'zz\r\n')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 200 [\s\S]*<first>HTTP\/1.1 400 /)
  })

  test('a malformed head does not damage the response before it', async () => {
    const origin = await fixture.web((_, response) => void setTimeout(() => response.end('<first>'), 20))
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', 'rubbish\r\n\r\n')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 200 [\s\S]*<first>HTTP\/1.1 400 /)
  })

  test('a malformed body cuts the response that has begun', async () => {
    const origin = await fixture.web((_, response) => void response.write('<begun>'))
    const client = fixture.client(await fixture.proxy())
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'Transfer-Encoding: chunked', '', '1', 'a', '')
    await client.read('<begun>')
    client.send('zz\r\n')
    expect(await client.readAll()).not.toMatch('HTTP/1.1')
  })
})
