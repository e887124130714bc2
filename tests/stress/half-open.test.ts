import { echoServer, onceEvent, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from './cleanup.js'
import { type Mode, modes, proxyNet, type ProxyNet } from './proxy-net.js'
import { fact } from './settings.js'
import { Typist } from './typist.js'

const heartbeat = { periodMs: 300, timeoutMs: 900 }
/**
 * Longest time until a dead peer is noticed, in milliseconds: 9/8 of the deadline (keepalive.ts), and more for a busy
 * machine.
 */
const noticeMs = (heartbeat.timeoutMs * 9) / 8 + 500

/** Longest pause of this process after which the heartbeat does not begin to count anew, in milliseconds. */
const unnoticedPauseMs = heartbeat.timeoutMs / 8

/**
 * Returns a function for the time in which a dead peer must be noticed, in milliseconds: each time that the machine
 * lets this process stand still, its heartbeats count anew, since the peer's bytes may wait.
 */
function limitFromNow(): () => number {
  let pauses = 0
  let lookedMs = performance.now()
  const look = (): void => {
    const now = performance.now()
    if (now - lookedMs > unnoticedPauseMs) pauses++
    lookedMs = now
  }
  const looking = setInterval(look, 10)
  afterTest(() => clearInterval(looking))
  return () => {
    look()
    return noticeMs + pauses * heartbeat.timeoutMs
  }
}

test.each(modes)(
  '%s: a link that is dead without a close is noticed within the deadline, and its session continues',
  async (mode) => {
    const { net, typist } = await typing(mode)
    for (const { name, client, relay } of net.hops) {
      const startMs = performance.now()
      const limitMs = limitFromNow()
      const down = onceEvent(client, 'linkDown', { timeoutMs: 15_000 })
      const up = onceEvent(client, 'linkUp', { timeoutMs: 15_000 })
      expect(relay?.strike('blackhole')).toBe(1)
      const [reason] = await down
      const noticedMs = performance.now() - startMs
      expect(reason).toMatch(/^peer silent for \d+ ms \(limit 900 ms\)$/)
      expect(noticedMs).toBeLessThan(limitMs())
      expect(await up).toEqual([true])
      const backMs = performance.now() - startMs
      await typist.typed(5)
      fact(
        'half-open',
        `${mode}, ${name}: noticed after ${Math.round(noticedMs)} ms, back after ${Math.round(backMs)} ms`,
      )
    }
    await typist.finish()
  },
)

test.each(modes)('%s: the server notices a dead link by itself, and closes its socket', async (mode) => {
  const { net, typist } = await typing(mode)
  const [hop] = net.hops
  if (hop?.relay === undefined) throw new Error('the net has no relay')
  const { relay, client } = hop
  // The client cannot return, so only the server's own heartbeat can notice.
  relay.refusing = true
  const startMs = performance.now()
  const limitMs = limitFromNow()
  relay.strike('blackhole')
  const isNoticed = (): boolean => [...net.server.peers].some(({ session }) => !session.linked)
  await until(isNoticed, 'the server to notice', { timeoutMs: 15_000 })
  expect(performance.now() - startMs).toBeLessThan(limitMs())
  await until(() => relay.openLinks === 0, 'both ends of the dead link to be closed')
  const up = onceEvent(client, 'linkUp')
  relay.refusing = false
  client.retryNow()
  expect(await up).toEqual([true])
  await typist.typed(5)
  await typist.finish()
})

async function typing(mode: Mode): Promise<{ net: ProxyNet; typist: Typist }> {
  const net = await proxyNet(mode, {
    relayed: true,
    server: { heartbeat },
    client: { heartbeat, reconnect: { delayMs: 100 } },
  })
  const typist = await Typist.open(net.socks, closing(await echoServer()))
  await typist.typed(5)
  return { net, typist }
}
