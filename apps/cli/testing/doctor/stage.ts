import { createHash } from 'node:crypto'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer as createHttps, type ServerOptions as SecureServerOptions } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { encode, MessageType } from '@ls/codec'
import { type Channel, Session } from '@ls/mux'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { FakeDns, tcpServer, type TestCertificate } from '@ls/testkit'
import { listen, parseServerUrl } from '@ls/transport'
import { onTestFinished } from 'vitest'
import type { Subject } from '../../src/doctor/examination.js'
import { examine } from '../../src/doctor/examine.js'
import type { Finding } from '../../src/doctor/finding.js'

/** A staged fault and a finding that must name it. */
export interface Fault {
  make(): Promise<Case>
  readonly finds: Partial<Record<keyof Finding, unknown>>
}

/** The subject. Everything that is not given is that of a client with the right token. */
export type Case = Partial<Omit<Subject, 'url'>> & { readonly url: string }

/** Limit of a handshake, in milliseconds: long enough for a busy machine. */
const handshakeTimeoutMs = 10_000

/** The findings of an examination. */
export async function findingsOf({ url, client, ...more }: Case): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const isProvider = client?.role === 'provider'
  const subject: Subject = {
    url: parseServerUrl(url),
    hasToken: true,
    environment: {},
    idleMs: 0,
    speedMs: 0,
    signal: new AbortController().signal,
    ...more,
    client: { url, token: 'right', limits: { handshakeTimeoutMs }, ...client },
    otherRole: { ...client, url, token: client?.token ?? 'right', role: isProvider ? 'client' : 'provider' },
  }
  await examine(subject, (finding) => void findings.push(finding))
  return findings
}

/** A server with the token `right`. */
export async function server(options: ServerOptions = {}): Promise<{ port: number; server: LinkSocksServer }> {
  const made = new LinkSocksServer({ host: '127.0.0.1', port: 0, ...options })
  made.addForwardToken('right')
  await made.listen()
  onTestFinished(() => made.close())
  return { port: made.address?.port ?? 0, server: made }
}

/** A web server, with TLS if there is a certificate; returns its port. */
export async function webServer(answer: RequestListener, tls?: TestCertificate & SecureServerOptions): Promise<number> {
  const made = tls === undefined ? createHttp(answer) : createHttps(tls, answer)
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    made.closeAllConnections()
    made.close()
  })
  return (made.address() as AddressInfo).port
}

/** A web server that answers everything with this status. */
export function answering(status: number, headers: Record<string, string> = {}): Promise<number> {
  return webServer((_request, response) => response.writeHead(status, headers).end())
}

/** A server of bytes; returns its port. */
export async function rawServer(onSocket: Parameters<typeof tcpServer>[0]): Promise<number> {
  const made = await tcpServer(onSocket)
  onTestFinished(() => made.close())
  return made.port
}

/** A name server; returns its address. */
export async function nameServer(...zone: Parameters<typeof FakeDns.start>): Promise<string> {
  const dns = await FakeDns.start(...zone)
  onTestFinished(() => dns.close())
  return dns.address
}

/** A server that opens a WebSocket, sends these bytes, and closes the connection if `end` is set. */
export function webSocketThat(bytes: Uint8Array, end = false): Promise<number> {
  return rawServer((socket) => {
    socket.once('data', (request) => {
      const [, key = ''] = /sec-websocket-key: (.+)\r\n/i.exec(String(request)) ?? []
      if (key === '') return socket.end()
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      socket.write(
        `HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
      )
      socket.write(bytes)
      // The answer to a close message is the end of the connection, as for any WebSocket.
      socket.on('data', (frames) => hasClose(frames) && socket.end())
      if (end) socket.end()
    })
  })
}

/** Whether one of these short frames with masks is a close message. */
function hasClose(frames: Buffer): boolean {
  for (let at = 0; at + 1 < frames.length; at += 6 + (frames[at + 1]! & 0x7f)) if (frames[at] === 0x88) return true
  return false
}

/** A frame of RFC 6455 §5.2 without a mask, of up to 65,535 bytes. */
export function frame(firstByte: number, payload: Uint8Array | string): Uint8Array {
  const { length } = payload
  const head = length < 126 ? [firstByte, length] : [firstByte, 126, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), Buffer.from(payload as string, 'latin1')])
}

/** Frames of binary messages. */
export function messages(...each: readonly (Uint8Array | string)[]): Uint8Array {
  return Buffer.concat(each.map((payload) => frame(0x82, payload)))
}

/** A server that accepts each client and each connection, and then sends `answer` on it. */
export function answeringData(answer: (channel: Channel) => Uint8Array): Promise<string> {
  return acceptingServer((channel, session) => {
    channel.accept()
    session.send(answer(channel))
  })
}

/** A server that accepts each client, and refuses each connection with these words. */
export function refusing(words: string): Promise<string> {
  return acceptingServer((channel) => channel.reject(words))
}

async function acceptingServer(onConnect: (channel: Channel, session: Session) => void): Promise<string> {
  const listener = await listen({
    port: 0,
    onTransport: (transport) => {
      transport.send(encode({ type: MessageType.AuthResponse, success: true }))
      const session: Session = new Session({}, { onConnect: (channel) => onConnect(channel, session) })
      session.attach(transport)
    },
  })
  onTestFinished(() => listener.closeAll())
  return `ws://127.0.0.1:${listener.address().port}`
}

/** A relay to a port of this machine; `watch` sees both ends of each connection, and what each of them sends. */
export function middlebox(port: number, watch: (socket: Socket, other: Socket) => unknown): Promise<number> {
  const ends: Socket[] = []
  onTestFinished(() => ends.forEach((end) => end.destroy()))
  return rawServer((near) => {
    const far = connect(port, '127.0.0.1')
    ends.push(far)
    watch(near, far)
    watch(far, near)
    pipeline(near, far, near, () => {})
  })
}
