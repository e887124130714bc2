import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import { within } from '@ls/testkit'

const authResponse = 0x02
const partners = 0x0a

/**
 * Returns the number of providers that a connector token reaches, by linking as a connector for a moment: by
 * protocol.md §1 it gets AuthResponse and then Partners. Zero when the token is refused. So a test needs no program's
 * log to find out that a provider is linked. The code is a WebSocket client of its own: no code under test tests
 * itself.
 */
export async function reachableProviders(port: number, connectorToken: string): Promise<number> {
  const socket = await upgrade(port, connectorToken)
  try {
    for await (const message of messagesOf(socket)) {
      if (message[1] === authResponse && message[2] === 0) return 0
      if (message[1] === partners) return partnerCount(message)
    }
    return 0
  } finally {
    socket.destroy()
  }
}

function partnerCount(message: Buffer): number {
  const length = message.readUInt32BE(2)
  const body = JSON.parse(message.toString('utf8', 6, 6 + length)) as { count: number }
  return body.count
}

function upgrade(port: number, token: string): Promise<Duplex> {
  const digest = createHash('sha256').update(token).digest('hex')
  const path = `/socket?token=${digest}&reverse=false&instance=${randomUUID()}`
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  }
  const upgraded = new Promise<Duplex>((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, headers })
    outgoing.on('upgrade', (_response, socket, head) => {
      socket.on('error', () => socket.destroy())
      socket.unshift(head)
      resolve(socket)
    })
    outgoing.on('response', (response) => reject(new Error(`no WebSocket: HTTP ${response.statusCode}`)))
    outgoing.on('error', reject)
    outgoing.end()
  })
  return within(upgraded, 'the WebSocket handshake of the probe')
}

/** Yields messages of a server (RFC 6455 §5.2: unmasked), short ones only: a connector gets no others at first. */
async function* messagesOf(socket: Duplex): AsyncGenerator<Buffer> {
  let received: Buffer = Buffer.alloc(0)
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer])
    for (;;) {
      const frame = readFrame(received)
      if (frame === undefined) break
      received = received.subarray(frame.bytes)
      if (frame.opcode === 0x8) return
      if (frame.opcode === 0x2) yield frame.payload
    }
  }
}

function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; bytes: number } | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1)
  if (short < 126) return cutFrame(bytes, 2, short)
  return bytes.length < 4 ? undefined : cutFrame(bytes, 4, bytes.readUInt16BE(2))
}

function cutFrame(bytes: Buffer, start: number, length: number): ReturnType<typeof readFrame> {
  const end = start + length
  if (bytes.length < end) return undefined
  return { opcode: bytes.readUInt8(0) & 0x0f, payload: bytes.subarray(start, end), bytes: end }
}
