import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WebError } from '../errors.js'
import { LineReader } from './line-reader.js'
import { bodyOf, readHead } from './response.js'

const httpError = (text: string): WebError => new WebError('ERR_WEB_HTTP', text)

/** A stream of bytes in pieces of these sizes, the last size repeated. */
function inPieces(text: string, sizes: readonly number[] = [text.length]): ReadableStream<Uint8Array> {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0))
  let [offset, index] = [0, 0]
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) return controller.close()
      const size = Math.max(1, sizes[Math.min(index++, sizes.length - 1)] ?? 1)
      controller.enqueue(bytes.slice(offset, offset + size))
      offset += size
    },
  })
}

/** Status, fields and body of a server's response. */
async function read(text: string, { method = 'GET', sizes }: { method?: string; sizes?: readonly number[] } = {}) {
  const lines = new LineReader(inPieces(text, sizes), httpError)
  const head = await readHead(lines)
  const body = await new Response(bodyOf(lines, head, method)).text()
  return { status: head.status, statusText: head.statusText, fields: Object.fromEntries(head.headers), body }
}

describe('a response', () => {
  test.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more', 'ok'],
    ['with two equal lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    [
      'in chunks, with trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nT: 1\r\n\r\n',
      'ok',
    ],
    ['until the end', 'HTTP/1.0 200 OK\r\n\r\nok', 'ok'],
    ['with bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'ok'],
    [
      'after 100 and 103',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200\r\n\r\nok',
      'ok',
    ],
    ['with blanks before a colon', 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok', 'ok'],
  ])('%s is read', async (_how, text, body) => {
    expect((await read(text)).body).toBe(body)
  })

  test.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'HEAD'],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 'GET'],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 'GET'],
    ['205', 'HTTP/1.1 205 Reset Content\r\n\r\n', 'GET'],
  ])('%s has no body', async (_what, text, method) => {
    const lines = new LineReader(inPieces(text), httpError)
    expect(bodyOf(lines, await readHead(lines), method)).toBe(null)
  })

  test.each([
    ['SSH-2.0-OpenSSH_9\r\n', 'is no HTTP/1.1'],
    ['HTTP/1.1 200 OK\r\n', 'closed the connection within its head'],
    ['HTTP/1.1 999 Odd\r\n\r\n', 'is no HTTP/1.1'],
    [`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(5000)}\r\n`, 'longer than 4096 bytes'],
    ['HTTP/1.1 200 OK\r\nno colon\r\n\r\n', 'malformed'],
    ['HTTP/1.1 101 Switching\r\n\r\n', 'switched protocols'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nok', 'is no Content-Length'],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok', 'is no Content-Length'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok', 'ended 1 bytes before'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok', "coding 'gzip' is unknown"],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'is no size of a chunk'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nokok\r\n0\r\n\r\n', 'longer than its size'],
    [`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}\r\n\r\n`, 'longer than 65536 bytes'],
  ])('%j is refused', async (text, reason) => {
    await expect(read(text)).rejects.toThrow(reason)
  })

  const fieldName = fc
    .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/)
    .filter((name) => !/^(?:content|transfer)-/i.test(name))
  const piece = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 })
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 })

  test('is the same in whatever pieces it comes', async () => {
    const body = fc.array(piece, { maxLength: 6 })
    const property = fc.asyncProperty(
      fc.dictionary(fieldName, fc.constant('v')),
      body,
      sizes,
      async (fields, chunks, cut) => {
        const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
        const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
        const text = `HTTP/1.1 200 OK\r\n${head.join('')}Transfer-Encoding: chunked\r\n\r\n${framed.join('')}0\r\n\r\n`
        expect((await read(text, { sizes: cut })).body).toBe(chunks.join(''))
      },
    )
    await fc.assert(property, { numRuns: 200 })
  })

  test('may have any number of chunks', async () => {
    const text = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`
    expect((await read(text)).body.length).toBe(20_000)
  })

  test('of any bytes ends in a result or in a WebError', async () => {
    const bytes = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      piece.map((text) => `HTTP/1.1 200 OK\r\n${text}`),
    )
    const property = fc.asyncProperty(bytes, sizes, async (text, cut) => {
      const failure: unknown = await read(text, { sizes: cut }).then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(failure === undefined || failure instanceof WebError).toBe(true)
    })
    await fc.assert(property, { numRuns: 500 })
  })
})
