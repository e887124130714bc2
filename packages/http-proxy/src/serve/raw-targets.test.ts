import type { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import { RawTargets } from './raw-targets.js'

const fixture = useProxyFixture()

/** An origin that answers each request with the bytes of its target, one character a byte. */
function mirror(): Promise<string> {
  return fixture.tcp((socket: Socket) => {
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const [, target = ''] = /^\S+ (\S+)/.exec(text) ?? []
        const body = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0)
        text = text.slice(end + 4 + body)
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length + 2}\r\n\r\n<${target}>`, 'latin1')
      }
    })
  })
}

/** Bytes of `text` in UTF-8, one character a byte. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1')
}

const path = bytesOf('/дом/häuser?q=日本')

describe('a request target with bytes above 0x7F', () => {
  test('reaches its origin byte for byte', async () => {
    const origin = await mirror()
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/\xe4%41${path} HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read(/<.*>/)).toMatch(`</\xe4%41${path}>`)
  })

  test('does so when every byte comes by itself', async () => {
    const origin = await mirror()
    const client = fixture.client(await fixture.proxy())
    client.socket.setNoDelay(true)
    const request = `GET http://${origin}/a\xe4\xffb HTTP/1.1\r\nHost: x\r\n\r\n`
    for (const byte of request) await new Promise((sent) => client.socket.write(byte, 'latin1', sent))
    expect(await client.read(/<.*>/)).toMatch('</a\xe4\xffb>')
  })

  test('does so behind other requests of the same connection, with and without bodies', async () => {
    const origin = await mirror()
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/1 HTTP/1.1`, 'Host: x', '', '')
    const body = 'GET /\xe4 HTTP/1.1\r\n\r\n\xe4'
    client.send(`POST http://${origin}/2\xe4 HTTP/1.1`, 'Host: x', `Content-Length: ${body.length}`, '', body)
    client.send(`GET http://${origin}/3\xe4 HTTP/1.1`, 'Host: x', '', '')
    const answer = await client.read(/<\/3.>/)
    expect(answer.match(/<.*>/g)).toEqual(['</1>', '</2\xe4>', '</3\xe4>'])
  })

  test('does so in a transparent proxy', async () => {
    const origin = await mirror()
    const client = fixture.client(await fixture.proxy({ transparent: true }))
    client.send('GET /\xe4 HTTP/1.1', `Host: ${origin}`, '', '')
    expect(await client.read(/<.*>/)).toMatch('</\xe4>')
  })

  test('does so with an Upgrade that is ignored', async () => {
    const origin = await mirror()
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/\xe4 HTTP/1.1`, 'Host: x', 'Connection: Upgrade', 'Upgrade: h2c', '', '')
    expect(await client.read(/<.*>/)).toMatch('</\xe4>')
  })

  test('is refused in a host name', async () => {
    const client = fixture.client(await fixture.proxy())
    client.send('GET http://h\xe4user.example/ HTTP/1.1', 'Host: x', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('a field with bytes above 0x7F', () => {
  test('reaches the origin byte for byte, also in a request with a body', async () => {
    const origin = await fixture.tcp((socket) => {
      socket.setEncoding('latin1').once('data', (head: string) => {
        const [, value = ''] = /X-Name: (.*)\r/.exec(head) ?? []
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${value.length + 2}\r\n\r\n<${value}>`, 'latin1')
      })
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'X-Name: \xe4\xff', 'Content-Length: 1', '', 'x')
    expect(await client.read(/<.*>/)).toMatch('<\xe4\xff>')
  })

  test('reaches the client byte for byte, also before the body', async () => {
    const origin = await fixture.tcp((socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nX-Name: \xe4\xff\r\nContent-Length: 5\r\n\r\n', 'latin1'),
      )
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('\r\n\r\n')).toMatch('X-Name: \xe4\xff\r\n')
  })
})

describe('RawTargets', () => {
  const piece = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes))

  test('changes only targets, and no ASCII byte', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const targets = new RawTargets({ maxHeadBytes: 1000 })
        const ascii = pieces.map((bytes) => bytes.map((byte) => byte & 0x7f)).map((bytes) => Buffer.from(bytes))
        const out = ascii.map((bytes) => targets.feed(bytes))
        expect(Buffer.concat(out).equals(Buffer.concat(ascii))).toBe(true)
      }),
    )
  })

  test('restores the hidden bytes, however they were cut', () => {
    const target = fc.uint8Array({ maxLength: 40 }).map((bytes) => {
      return [...bytes].map((byte) => String.fromCharCode(byte < 0x21 || byte === 0x7f ? 0x80 : byte)).join('')
    })
    fc.assert(
      fc.property(target, fc.integer({ min: 1, max: 20 }), (text, step) => {
        const targets = new RawTargets({ maxHeadBytes: 1000 })
        const request = Buffer.from(`GET http://h/${text} HTTP/1.1\r\nHost: h\r\n\r\n`, 'latin1')
        let out = ''
        for (let at = 0; at < request.length; at += step) {
          out += targets.feed(request.subarray(at, at + step)).toString('latin1')
        }
        expect(out).toMatch(/^[\0-\u007f]*$/)
        expect(targets.restore(out.split(' ')[1] ?? '')).toBe(`http://h/${text}`)
      }),
    )
  })

  test('does not change the bytes behind CONNECT', () => {
    const targets = new RawTargets({ maxHeadBytes: 1000 })
    const bytes = Buffer.from('CONNECT h:1 HTTP/1.1\r\n\r\nGET /\xe4 HTTP/1.1\r\n\r\n', 'latin1')
    expect(targets.feed(bytes)).toBe(bytes)
  })
})
