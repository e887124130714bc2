// `pnpm bench:micro`: the hot paths of codec, mux, batching and socks5, with the built files. An argument selects the
// benchmarks whose name contains it: pnpm bench:micro mux
import { Batcher } from '@ls/batching'
import { channelKey, decode, encode, encodeTcpData, MessageType, newChannelId, readTcpDataPayload } from '@ls/codec'
import { Session } from '@ls/mux'
import { decodeDatagram, encodeDatagram, ServerHandshake } from '@ls/socks5'
import { bench, do_not_optimize as keep, run, summary } from 'mitata'
import { sessionPair } from './session-pair.mjs'

const sizes = [64, 1024, 65_536]
const id = newChannelId()
const address = { host: 'host.example', port: 443 }

summary(() => {
  for (const bytes of sizes) {
    const payload = new Uint8Array(bytes)
    const message = encodeTcpData(id, payload)
    bench(`codec: encodeTcpData, ${bytes} B`, () => keep(encodeTcpData(id, payload)))
    bench(`codec: readTcpDataPayload, ${bytes} B`, () => keep(readTcpDataPayload(message)))
  }
})

summary(() => {
  const connect = { type: MessageType.Connect, protocol: 'tcp', channelId: id, address }
  const message = encode(connect)
  bench('codec: encode Connect', () => keep(encode(connect)))
  bench('codec: decode Connect', () => keep(decode(message)))
  bench('codec: channelKey', () => keep(channelKey(id)))
})

summary(() => {
  for (const bytes of sizes) {
    const pair = sessionPair(Session)
    const payload = new Uint8Array(bytes)
    bench(`mux: a message on one channel, ${bytes} B`, () => pair.carry(payload))
  }
  const crowded = sessionPair(Session, { channels: 10_000 })
  const payload = new Uint8Array(64)
  bench('mux: a message on one of 10,000 channels, 64 B', () => crowded.carry(payload))
  const opening = sessionPair(Session)
  bench('mux: a channel opened, ended and gone', () => opening.openAndEnd())
})

summary(() => {
  const chunk = new Uint8Array(1024)
  for (const delayMs of [0, 20]) {
    const batcher = new Batcher({ policy: { delayMs: () => delayMs }, bufferBytes: 65_536, flush: keep })
    bench(`batching: push 1 KiB, ${delayMs} ms delay`, () => batcher.push(chunk))
  }
})

summary(() => {
  const greeting = Uint8Array.of(5, 1, 0)
  const request = Uint8Array.of(5, 1, 0, 3, 12, ...Buffer.from('host.example'), 1, 187)
  bench('socks5: a handshake of two pieces', () => {
    const handshake = new ServerHandshake()
    handshake.push(greeting)
    keep(handshake.push(request))
    keep(handshake.reply('succeeded'))
  })
  const datagram = { destination: { type: 'ipv4', host: '192.0.2.1', port: 53 }, payload: new Uint8Array(512) }
  const bytes = encodeDatagram(datagram.destination, datagram.payload)
  bench('socks5: encodeDatagram, 512 B', () => keep(encodeDatagram(datagram.destination, datagram.payload)))
  bench('socks5: decodeDatagram, 512 B', () => keep(decodeDatagram(bytes)))
})

const [part] = process.argv.slice(2)
await run(part === undefined ? {} : { filter: new RegExp(part) })
process.exit()
