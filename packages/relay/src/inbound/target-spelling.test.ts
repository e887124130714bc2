import { tcpServer } from '@ls/testkit'
import { expect, test } from 'vitest'
import { closing } from '../../testing/cleanup.js'
import { RawClient } from '../../testing/raw-client.js'
import { relayPair } from '../../testing/relay-pair.js'

const portBytes = (port: number): readonly number[] => [port >> 8, port & 0xff]
const socks5 = (host: string, port: number): readonly number[] => {
  const name = Buffer.from(host)
  return [5, 1, 0, 5, 1, 0, 3, name.length, ...name, ...portBytes(port)]
}
const socks4a = (host: string, port: number): readonly number[] => {
  return [4, 1, ...portBytes(port), 0, 0, 0, 1, 0, ...Buffer.from(host), 0]
}
const bracketed = (host: string): string => (/:.*:/.test(host) ? `[${host}]` : host)

/** Requests of a proxy client for a host and a port; HTTP with `Connection: close`, so that the answer ends. */
const protocols: Readonly<Record<string, (host: string, port: number) => string | readonly number[]>> = {
  SOCKS5: socks5,
  SOCKS4a: socks4a,
  CONNECT: (host, port) => `CONNECT ${bracketed(host)}:${port} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  'absolute-form': (host, port) =>
    `GET http://${bracketed(host)}:${port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  'origin-form': (host, port) => `GET / HTTP/1.1\r\nHost: ${bracketed(host)}:${port}\r\nConnection: close\r\n\r\n`,
}

const spellings = [
  '127.0.0.1',
  '127.1',
  '0x7f.1',
  '017700000001',
  '2130706433',
  '0',
  '0.0.0.0',
  '127.0.0.1.',
  '::ffff:127.0.0.1',
  '::ffff:0.0.0.0',
  '::127.0.0.1',
  'localhost',
  'LOCALHOST.',
  '①②⑦.0.0.1',
  '127.0.0.1\0.example.com',
  '127.0.0.1%lo',
]

const cases = Object.entries(protocols).flatMap(([protocol, ask]) =>
  spellings.map((host) => [protocol, host, ask] as const),
)

test.each(cases)(
  'an Inbound that is asked by %s for %j does not reach loopback past a rule',
  async (_name, host, ask) => {
    let connections = 0
    const target = closing(
      await tcpServer((socket) => {
        connections++
        socket.end('reached')
      }),
    )
    const { port } = await relayPair({
      inbound: { httpTransparent: true },
      outbound: { routes: ['127.0.0.0/8=reject'] },
    })
    const client = await RawClient.open({ host: '127.0.0.1', port })
    const answer = await client.write(ask(host, target.port)).readAll()
    expect({ connections, answer: answer.includes('reached') }).toEqual({ connections: 0, answer: false })
  },
)
