import { gzipSync } from 'node:zlib'
import { encode, MessageType } from '@ls/codec'
import { expect } from 'vitest'
import { answeringData, type Fault, messages, middlebox, refusing, server, webSocketThat } from './stage.js'

const welcome = encode({ type: MessageType.AuthResponse, success: true })

const hello = encode({
  type: MessageType.Hello,
  extensions: ['window', 'fin', 'resume'],
  windowBytes: 65_536,
  session: new Uint8Array(16),
  secret: new Uint8Array(32),
  graceSeconds: 60,
})

/** Header of a message of 64 MiB (RFC 6455 §5.2). */
const header64MiB = Buffer.of(0x82, 127, 0, 0, 0, 0, 4, 0, 0, 0)

/** A Hello with another body than its JSON. */
const brokenHello = (length: number, body: string) => {
  const head = Buffer.of(1, MessageType.Hello, 0, 0, 0, 0)
  head.writeUInt32BE(length, 2)
  return Buffer.concat([head, Buffer.from(body)])
}

const gzipOf = (payload: Uint8Array) => (channel: { readonly id: Uint8Array }) =>
  encode({ type: MessageType.Data, protocol: 'tcp', channelId: channel.id, compression: 'gzip', payload })

const sends =
  (bytes: Uint8Array): Fault['make'] =>
  async () => ({ url: `ws://127.0.0.1:${await webSocketThat(bytes)}` })

/** Notices a silent peer soon, though a peer on a busy machine is not silent for that long. */
const impatient = { heartbeat: { periodMs: 300, timeoutMs: 1500 } }

/** Faults of a peer that speaks WebSocket, but breaks the protocol, falls silent or sends too much. */
export const brokenPeers: Record<string, Fault> = {
  'a first message of 64 MiB': {
    make: sends(header64MiB),
    finds: { step: 'token', level: 'FAIL', code: 'ERR_TRANSPORT_MESSAGE_TOO_LARGE' },
  },
  'a message of 64 MiB on an open link': {
    make: sends(Buffer.concat([messages(welcome), header64MiB])),
    finds: { step: 'round trip', level: 'FAIL', code: 'ERR_TRANSPORT_MESSAGE_TOO_LARGE' },
  },
  'a server that hangs once the link is open': {
    make: async () => ({ ...(await sends(messages(welcome))()), client: impatient }),
    finds: {
      step: 'source',
      level: 'FAIL',
      code: 'ERR_TRANSPORT_PEER_SILENT',
      cure: expect.stringContaining('middlebox'),
    },
  },
  'a middlebox that passes nothing on any more': {
    make: async () => {
      const { port } = await server()
      const frozen = await middlebox(port, (socket, other) => {
        let left = 2_000_000
        socket.on('data', ({ length }) => {
          if ((left -= length) > 0) return
          socket.unpipe(other)
          socket.resume()
        })
      })
      return { url: `ws://127.0.0.1:${frozen}`, client: impatient, speedMs: 10_000 }
    },
    finds: {
      step: 'throughput',
      level: 'FAIL',
      code: 'ERR_TRANSPORT_PEER_SILENT',
      cure: expect.stringContaining('hangs'),
    },
  },
  'a message that ends too early': {
    make: sends(messages(welcome.subarray(0, 2))),
    finds: { step: 'token', level: 'FAIL', code: 'ERR_CODEC_TRUNCATED' },
  },
  'a message with a value that means nothing': {
    // The number of an Ack, past 2^53.
    make: sends(messages(hello, welcome, Buffer.concat([Buffer.of(1, MessageType.Ack), Buffer.alloc(8, 0xff)]))),
    finds: { step: 'round trip', level: 'FAIL', code: 'ERR_CODEC_BAD_VALUE' },
  },
  'a message with broken JSON': {
    make: sends(messages(brokenHello(3, '{"l'))),
    finds: { step: 'token', level: 'FAIL', code: 'ERR_CODEC_BAD_JSON' },
  },
  'a message with 2 MiB of JSON': {
    make: sends(messages(brokenHello(2 << 20, '{'))),
    finds: { step: 'token', level: 'FAIL', code: 'ERR_CODEC_TOO_LARGE' },
  },
  'an acknowledgement of what was never sent': {
    make: sends(messages(hello, welcome, encode({ type: MessageType.Ack, sequence: 1_000_000 }))),
    finds: { step: 'round trip', level: 'FAIL', code: 'ERR_MUX_PROTOCOL' },
  },
  'compressed data that claims to have 100 MiB': {
    make: async () => {
      const gzip = gzipSync('small')
      gzip.writeUInt32LE(100 << 20, gzip.length - 4)
      return { url: await answeringData(gzipOf(gzip)) }
    },
    finds: { step: 'source', level: 'WARN', code: 'ERR_RELAY_FAILED', text: expect.stringContaining('inflates to') },
  },
  'compressed data that is damaged': {
    make: async () => {
      const gzip = gzipSync('some text that is long enough')
      gzip.fill(0xff, 12, 20)
      return { url: await answeringData(gzipOf(gzip)) }
    },
    finds: { step: 'source', level: 'WARN', text: expect.stringContaining('gzip') },
  },
  'a program without probes': {
    make: async () => ({ url: await refusing('dial tcp: lookup probe.linksocks.invalid: no such host') }),
    finds: { step: 'source', level: 'SKIP', text: expect.stringContaining('no probes') },
  },
}
