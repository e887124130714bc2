import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { onceEvent, testAuthority, turns } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, rawConnection, startListener, untilEnd, upgradeHead } from '../../testing/listening.js'
import type { ListenOptions } from './listen-options.js'
import type { UpgradeRequest } from './upgrade-request.js'

const line = 'PROXY TCP4 192.0.2.1 198.51.100.2 4711 443\r\n'
const bytes = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000201c6336402126701bb', 'hex')

/** A listener behind a proxy that sends headers, and the requests of its clients. */
async function start(options: Partial<ListenOptions> = {}) {
  const requests: UpgradeRequest[] = []
  const onTransport: ListenOptions['onTransport'] = (transport, request) => {
    requests.push(request)
    transport.setHandler({ onMessage() {}, onDrain() {}, onClose() {} })
  }
  const listener = await startListener({ proxyProtocol: true, onTransport, ...options })
  return { listener, requests, port: listener.address().port }
}

/** Sends pieces one after the other, and returns the first bytes of the answer. */
async function answerTo(port: number, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = await rawConnection({ port })
  socket.setNoDelay(true)
  const answer = onceEvent(socket, 'data')
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve))
  const [chunk] = (await answer) as [Buffer]
  return chunk.toString()
}

describe('listen with proxyProtocol', () => {
  test.each([
    ['version 1', line],
    ['version 2', bytes],
  ])('takes the address of %s, in one piece with the request', async (_name, header) => {
    const { port, requests } = await start()
    const answer = await answerTo(port, Buffer.concat([Buffer.from(header), Buffer.from(upgradeHead())]))
    expect({
      status: answer.slice(0, 12),
      remoteAddress: requests[0]?.remoteAddress,
      remotePort: requests[0]?.remotePort,
    }).toEqual({ status: 'HTTP/1.1 101', remoteAddress: '192.0.2.1', remotePort: 4711 })
  })

  test.each([
    ['version 1', Buffer.from(line)],
    ['version 2', bytes],
  ])('takes %s byte by byte', async (_name, header) => {
    const { port, requests } = await start()
    const pieces = [...header].map((byte) => Buffer.of(byte))
    await answerTo(port, ...pieces, upgradeHead())
    expect(requests[0]?.remoteAddress).toBe('192.0.2.1')
  })

  test('applies to plain requests too', async () => {
    const { port } = await start({ onRequest: (_request, response, { address }) => void response.end(address) })
    const answer = await answerTo(port, `${line}GET / HTTP/1.1\r\nHost: h\r\n\r\n`)
    expect(answer).toMatch(/192\.0\.2\.1$/)
  })

  test.each(['PROXY UNKNOWN\r\n', Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex')])(
    'goes by the connection where %j tells nothing',
    async (header) => {
      const { port, requests } = await start()
      await answerTo(port, header, upgradeHead())
      expect(requests[0]?.remoteAddress).toBe('127.0.0.1')
    },
  )

  test('trusts X-Forwarded-For by the address in the header, not by the sender', async () => {
    const { port, requests } = await start({ trustedProxies: ['127.0.0.1', '192.0.2.1'] })
    await answerTo(port, line, upgradeHead('/', 'X-Forwarded-For: 203.0.113.5'))
    expect(requests[0]?.remoteAddress).toBe('203.0.113.5')
  })

  test('does not believe X-Forwarded-For of a client that the header names', async () => {
    const { port, requests } = await start({ trustedProxies: ['127.0.0.1'] })
    await answerTo(port, line, upgradeHead('/', 'X-Forwarded-For: 203.0.113.5'))
    expect(requests[0]?.remoteAddress).toBe('192.0.2.1')
  })

  test.each([
    ['in one piece with', line],
    ['long before', ''],
  ])('reads it before TLS, %s the first handshake message', async (_name, prefixed) => {
    const authority = testAuthority()
    const { port, requests } = await start({ tls: authority.issue() })
    const raw = await rawConnection({ port })
    let prefix = prefixed
    if (prefix === '') raw.write(line)
    await turns(20)
    const withHeader = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        raw.write(Buffer.concat([Buffer.from(prefix), chunk]), done)
        prefix = ''
      },
    })
    raw.on('data', (chunk) => withHeader.push(chunk))
    const socket = connectTls({ socket: withHeader, servername: 'localhost', ca: authority.cert })
    afterTest(() => void socket.destroy())
    socket.on('error', () => {})
    await onceEvent(socket, 'secureConnect')
    socket.write(upgradeHead())
    await onceEvent(socket, 'data')
    expect(requests[0]?.remoteAddress).toBe('192.0.2.1')
  })

  test.each([
    ['none', upgradeHead()],
    ['a line that is none', 'PROXY TCP4 x\r\n'],
    ['garbage', '\0\r\n'.repeat(100)],
    ['one that never ends', `PROXY UNKNOWN ${'x'.repeat(200)}`],
  ])('cuts who sends %s, without a word, and counts it', async (_name, sent) => {
    const { listener, port } = await start()
    const socket = await rawConnection({ port })
    socket.write(sent)
    expect(await untilEnd(socket)).toBe('')
    expect(listener.refusals['proxy-header']).toBe(1)
  })

  test.each([
    ['nothing', ''],
    ['half of one', 'PROXY TCP4 192'],
  ])('cuts who has sent %s by headTimeoutMs', async (_name, sent) => {
    const { listener, port } = await start({ headTimeoutMs: 100 })
    const socket = await rawConnection({ port })
    socket.write(sent)
    await untilEnd(socket)
    expect(listener.refusals.silent).toBe(1)
  })

  test('trusts headers only from trusted proxies', async () => {
    const { listener, port, requests } = await start({ trustedProxies: ['192.0.2.99'] })
    const socket = await rawConnection({ port })
    socket.write(line + upgradeHead())
    await untilEnd(socket)
    expect({ requests, proxyHeader: listener.refusals['proxy-header'] }).toEqual({ requests: [], proxyHeader: 1 })
  })

  test('close cuts a connection that has sent half of one', async () => {
    const { listener, port } = await start()
    const socket = await rawConnection({ port })
    const ended = untilEnd(socket)
    await new Promise((resolve) => socket.write('PROXY TCP4', resolve))
    await listener.close()
    await expect(ended).resolves.toBe('')
  })
})
