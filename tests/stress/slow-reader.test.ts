import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Channel } from '@ls/mux'
import { connect } from '@ls/socks5/node'
import { byteServer, seededDigest, type TestTcpServer, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { closing } from './cleanup.js'
import { type Mode, modes, proxyNet, type ProxyNet } from './proxy-net.js'
import { ci, fact, long, mebibyte, seed } from './settings.js'
import { download, transferServer } from './traffic.js'

const running = 100
const runningBytes = (long ? 8 : 2) * mebibyte
const stoppedBytes = 64 * mebibyte
const maxWindowBytes = 16 * mebibyte
/** Time for which a reader stops, in milliseconds. */
const pauseMs = long ? 10_000 : 1500

test.each(modes)(
  '%s: a stopped reader holds up none of 100 others, and reads everything in the end',
  async (mode) => {
    const net = await proxyNet(mode)
    const server = closing(await byteServer({ sendBytes: stoppedBytes, seed }))
    const stopped = await stopReading(net, server)
    const beside = await timeOfRunning(net)
    const heldBytes = queuedBytes(net)
    expect(heldBytes).toBeLessThanOrEqual(maxWindowBytes)
    fact(
      'slow reader',
      `${mode}: 100 downloads of ${runningBytes / mebibyte} MiB beside a stopped one took ${Math.round(beside)} ms`,
    )
    fact('slow reader', `${mode}: the stopped one held ${Math.round(heldBytes / 1024)} KiB in the mux`)
    expect(await digest(stopped)).toBe(seededDigest(seed, stoppedBytes))
  },
  300_000,
)

test.runIf(ci)(
  'the speed of 100 channels beside a stopped one is what it was',
  async () => {
    const net = await proxyNet('forward')
    const server = closing(await byteServer({ sendBytes: stoppedBytes, seed }))
    const timeBeside = async (): Promise<number> => {
      const stopped = await stopReading(net, server)
      const tookMs = await timeOfRunning(net)
      stopped.destroy()
      return tookMs
    }
    // The first run only warms up.
    await timeOfRunning(net)
    const alone: number[] = []
    const beside: number[] = []
    for (let round = 0; round < rounds; round++) {
      // In turn, and in alternating order, so that a slow change of the machine affects both.
      if (round % 2 === 0) alone.push(await timeOfRunning(net))
      beside.push(await timeBeside())
      if (round % 2 === 1) alone.push(await timeOfRunning(net))
    }
    const [aloneMs, besideMs] = [median(alone), median(beside)]
    const times = `${Math.round(aloneMs)} ms alone, ${Math.round(besideMs)} ms beside a stopped one`
    fact('slow reader', `100 downloads take ${times} (medians of ${rounds})`)
    expect(besideMs).toBeLessThan(aloneMs / leastShare)
  },
  600_000,
)

/**
 * Medians of so many equal runs differed by 1.4 %; the best ones differed by 4.6 %, which would hide a difference of 5
 * %.
 */
const rounds = 12

/** 95 % is promised; while other suites run, their noise is more than 5 %. */
const leastShare = long ? 0.95 : 0.75

test.each<[string, Mode, boolean]>([
  ['forward', 'forward', true],
  ['reverse', 'reverse', true],
  ['agent', 'agent', true],
  ['forward on a base link', 'forward', false],
  ['reverse on a base link', 'reverse', false],
  ['agent on base links', 'agent', false],
])(
  '%s: a download that is not read for a while loses nothing',
  async (_name, mode, extended) => {
    const extensions = extended ? {} : { extensions: [] }
    const net = await proxyNet(mode, { server: extensions, client: extensions })
    const server = closing(await byteServer({ sendBytes: stoppedBytes, seed }))
    const socket = await stopReading(net, server)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    expect(await digest(socket)).toBe(seededDigest(seed, stoppedBytes))
  },
  60_000,
)

/** Starts a download, reads its first bytes and then no more; resolves once no more bytes move. */
async function stopReading(net: ProxyNet, server: TestTcpServer): Promise<Socket> {
  const socket = await connect({ proxy: net.socks, target: server })
  await new Promise((resolve) => socket.once('readable', resolve))
  let sentBytes = -1
  let sameSinceMs = performance.now()
  await until(() => {
    const sent = [...server.sockets].reduce(
      (sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength,
      0,
    )
    if (sent !== sentBytes) sameSinceMs = performance.now()
    sentBytes = sent
    return performance.now() - sameSinceMs > 100
  }, 'the download to stand still')
  return socket
}

/** Returns the time of 100 checked downloads at the same time, in milliseconds. */
async function timeOfRunning(net: ProxyNet): Promise<number> {
  const server = await transferServer()
  const startMs = performance.now()
  const transfers = Array.from({ length: running }, (_, index) => ({ seed: seed + index, bytes: runningBytes }))
  await Promise.all(transfers.map((transfer) => download(net.socks, server, transfer)))
  const tookMs = performance.now() - startMs
  await server.close()
  return tookMs
}

/** Returns the bytes that wait for readers in all sessions. */
function queuedBytes(net: ProxyNet): number {
  const channels = net.sessions().flatMap((session): Channel[] => [...session.channels()])
  return channels.reduce((sum, channel) => sum + channel.queuedBytes, 0)
}

async function digest(socket: Socket): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of socket) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2
}
