import { echoServer, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { closing } from '../cleanup.js'
import { type Hop, type NetMode, type ProxyNet, proxyNet, type ProxyNetOptions } from '../proxy-net.js'
import { ci, fact, mebibyte, randomFrom, seed } from '../settings.js'
import { download, Meter, transferServer, upload } from '../traffic.js'
import { Typist, type TypistReport } from '../typist.js'
import { type CutsReport, makeCuts } from './cuts.js'

const transfersEachWay = 64

/** Roles of a test, and the links that are cut. */
interface Scene {
  readonly mode: NetMode
  /** Links of each client. @default 1 */
  readonly threads?: number
  /** Client whose links are cut. @default all clients */
  readonly cutAt?: Hop['name']
  readonly cuts: number
}

/** The test of one scene. Scenes are in separate files, since each waits more than it computes. */
export function testCuts(name: string, scene: Scene): void {
  test(
    `cuts, ${name}: nothing is lost, doubled or reordered, no channel ends, and all memory comes back`,
    async () => {
      const net = await proxyNet(scene.mode, optionsFor(scene))
      const sessionsLost = countLostSessions(net)
      const { traffic, cuts, typist, transfers } = await trafficUnderCuts(net, scene)
      fact('cut', `${name}: seed ${seed}, ${describeCuts(cuts)}; ${describeTraffic(transfers, traffic, typist)}`)
      expect(sessionsLost()).toBe(0)
      await expectNothingHeld(net)
    },
    ci ? 1_200_000 : 120_000,
  )
}

function optionsFor({ threads = 1 }: Scene): ProxyNetOptions {
  // Short, because each black hole costs a deadline; a false alarm costs only one more cut.
  const heartbeat = { periodMs: 200, timeoutMs: 800 }
  return {
    relayed: true,
    server: { heartbeat, limits: { handshakeTimeoutMs: 3000 } },
    client: {
      heartbeat,
      threads,
      reconnect: { delayMs: 100 },
      limits: { handshakeTimeoutMs: 3000, linkWaitMs: 20_000 },
    },
  }
}

/** Runs traffic of all kinds while links are cut. Every transfer checks all its bytes. */
async function trafficUnderCuts(net: ProxyNet, { cutAt, cuts: count, threads = 1 }: Scene) {
  const server = closing(await transferServer())
  const echo = closing(await echoServer())
  const random = randomFrom(seed)
  const meter = new Meter()
  const done = new AbortController()
  let transfers = 0
  const work = async (way: typeof download, worker: number): Promise<void> => {
    const randomOfWorker = randomFrom(seed + worker)
    do {
      // Most transfers are short, so that channels open and close while the link is down; a few last for many cuts.
      const bytes = Math.floor(randomOfWorker() * (worker % 16 === 0 ? 32 : 1) * mebibyte)
      await way(net.socks, server, { seed: seed + worker, bytes }, meter)
      transfers++
    } while (!done.signal.aborted)
  }
  const typist = await Typist.open(net.socks, echo)
  const workers = Array.from({ length: transfersEachWay }, (_, index) => [
    work(download, 2 * index),
    work(upload, 2 * index + 1),
  ]).flat()
  // Reports the first failure, even while cuts are still being made.
  const failed = Promise.all(workers).then(() => {})
  const hops = net.hops.filter(({ name }) => cutAt === undefined || name === cutAt)
  const made = makeCuts({ hops, count, random, meter, threads }).finally(() => done.abort())
  const [cuts] = await Promise.all([made, failed])
  return { cuts, typist: await typist.finish(), traffic: meter.bytes, transfers }
}

/** Counts links that returned without their session. */
function countLostSessions(net: ProxyNet): () => number {
  let lost = 0
  const onLinkUp = (resumed: boolean): void => {
    if (!resumed) lost++
  }
  for (const { client } of net.hops) client.on('linkUp', onLinkUp)
  return () => lost
}

async function expectNothingHeld(net: ProxyNet): Promise<void> {
  const held = (): unknown =>
    net.sessions().map(({ channelCount, replayBytes, options: { budget } }) => ({
      channelCount,
      replayBytes,
      usedBytes: budget.usedBytes,
      reservedBytes: budget.reservedBytes,
    }))
  const nothing = net.sessions().map(() => ({ channelCount: 0, replayBytes: 0, usedBytes: 0, reservedBytes: 0 }))
  await until(() => JSON.stringify(held()) === JSON.stringify(nothing), 'memory to come back').catch(() => {})
  expect(held()).toEqual(nothing)
}

function describeCuts({ cuts, faults, longestOutageMs }: CutsReport): string {
  const kinds = Object.entries(faults).map(([fault, count]) => `${count} ${fault}`)
  return `${cuts} cuts (${kinds.join(', ')}), longest outage ${Math.round(longestOutageMs)} ms`
}

function describeTraffic(transfers: number, bytes: number, typist: TypistReport): string {
  const { messages, medianMs, longestMs } = typist
  const typing = `${messages} messages typed (median ${medianMs.toFixed(1)} ms, longest ${Math.round(longestMs)} ms)`
  return `${transfers} transfers of ${Math.round(bytes / mebibyte)} MiB, all intact; ${typing}`
}
