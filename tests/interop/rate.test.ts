import { createHash } from 'node:crypto'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { onceEvent, seededBytes, tcpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { peerNames, requireImplementation } from './implementation.js'
import { serverUrl } from './link.js'
import { PeerProcess } from './peer-process.js'

const sizeBytes = 7_000_000
/**
 * When the provider ends the channel, the rest of the last message comes without a wait. A Go program sends what it has
 * when that is 1 MiB or more, and it reads up to 1 MiB in one piece.
 */
const pacedBytes = sizeBytes - 2 * 1_048_576
/** 24 Mbit/s: the transfer takes 2 s, whatever else the machine does. */
const bytesPerSecond = 3_000_000

/** Payloads that Go programs compress, and that they do not: they compress long messages that become shorter. */
const payloads = {
  random: seededBytes(1).take(sizeBytes),
  compressible: Buffer.alloc(sizeBytes, 'all work and no play makes Jack a dull boy\n'),
} as const

describe.each(peerNames)('a rate at the proxy port of a %s provider', { timeout: 60_000 }, (name) => {
  test.each(['random', 'compressible'] as const)('holds for %s bytes, and loses none', async (kind) => {
    const peer = requireImplementation(name)
    if (peer === undefined) return
    const payload = payloads[kind]
    const target = closing(await tcpServer((socket) => socket.end(payload)))
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    const rate = { down: bytesPerSecond }
    const { token, port = 0 } = server.addReverseToken({ policy: { rate } })
    await server.listen()
    const listening = onceEvent(server, 'socksListening', { timeoutMs: 20_000 })
    const url = serverUrl(server.address?.port ?? 0)
    const provider = new PeerProcess(name, peer.command, [...peer.provider, '-t', token, '-u', url])
    afterTest(() => provider.stop())
    await listening
    const startMs = performance.now()
    const socket = await connect({
      proxy: { host: '127.0.0.1', port },
      target: { host: '127.0.0.1', port: target.port },
    })
    const hash = createHash('sha256')
    let receivedBytes = 0
    let seconds = 0
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      hash.update(chunk)
      if (receivedBytes < pacedBytes) seconds = (performance.now() - startMs) / 1000
      receivedBytes += chunk.length
    }
    // A burst of a tenth of a second, and one slice, pass without a wait.
    const isHeld = seconds > (pacedBytes - bytesPerSecond / 10 - 65_536) / bytesPerSecond
    expect({ digest: hash.digest('hex'), isHeld }).toEqual({
      digest: createHash('sha256').update(payload).digest('hex'),
      isHeld: true,
    })
  })
})
