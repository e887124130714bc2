import { echoServer, onceEvent, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { closing } from './cleanup.js'
import { type Mode, modes, proxyNet, type ProxyNet } from './proxy-net.js'
import { fact } from './settings.js'
import { Typist } from './typist.js'

const heartbeat = { periodMs: 300, timeoutMs: 900 }
/**
 * Longest time until a dead peer is noticed, in milliseconds: 9/8 of the deadline (keepalive.ts), and more for a busy
 * machine.
 */
const noticeMs = (heartbeat.timeoutMs * 9) / 8 + 500

test.each(modes)(
  '%s: a link that is dead without a close is noticed within the deadline, and its session continues',
  async (mode) => {
    const { net, typist } = await typing(mode)
    for (const { name, client, relay } of net.hops) {
      const startMs = performance.now()
      const down = onceEvent(client, 'linkDown')
      const up = onceEvent(client, 'linkUp')
      expect(relay?.strike('blackhole')).toBe(1)
      const [reason] = await down
      const noticedMs = performance.now() - startMs
      expect(reason).toMatch(/^peer silent for \d+ ms \(limit 900 ms\)$/)
      expect(noticedMs).toBeLessThan(noticeMs)
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
  relay.strike('blackhole')
  await until(() => [...net.server.peers].some(({ session }) => !session.linked), 'the server to notice')
  expect(performance.now() - startMs).toBeLessThan(noticeMs)
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
