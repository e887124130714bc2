import type { Duplex } from 'node:stream'
import { connect } from '@ls/socks5/node'
import { echoServer, linkFaults, onceEvent } from '@ls/testkit'
import { expect, test } from 'vitest'
import { closing } from './cleanup.js'
import { modes, proxyNet, type ProxyNet } from './proxy-net.js'
import { fact, pick, randomFrom, seed } from './settings.js'
import { canRunSsh, SshServer } from './ssh-server.js'
import { Typist } from './typist.js'

const cuts = 10
/**
 * Longest pause that a person accepts, in milliseconds; most of it is the deadline after which a silent link counts as
 * dead.
 */
const bearableMs = 5000

// Only the session itself moves bytes, so a cut is noticed by what is typed, or by the heartbeat.
test.each(modes)(
  '%s: an interactive session stays usable over ten cuts',
  async (mode) => {
    const net = await cutNet(mode)
    const echo = closing(await echoServer())
    const session = await connect({ proxy: net.socks, target: echo })
    expect(await longestPause(net, `${mode}, echo`, session)).toBeLessThan(bearableMs)
  },
  60_000,
)

test.runIf(canRunSsh).each(modes)(
  '%s: an ssh session stays usable over ten cuts',
  async (mode) => {
    const net = await cutNet(mode)
    const ssh = await SshServer.start()
    expect(await longestPause(net, `${mode}, ssh`, ssh.openEcho(net.socks))).toBeLessThan(bearableMs)
  },
  60_000,
)

function cutNet(mode: (typeof modes)[number]): Promise<ProxyNet> {
  const heartbeat = { periodMs: 200, timeoutMs: 600 }
  return proxyNet(mode, { relayed: true, server: { heartbeat }, client: { heartbeat, reconnect: { delayMs: 100 } } })
}

/** Returns the longest wait for an echo, in milliseconds; fails if one was lost, repeated or from another session. */
async function longestPause(net: ProxyNet, name: string, session: Duplex): Promise<number> {
  const typist = new Typist(session)
  const random = randomFrom(seed)
  for (let cut = 0; cut < cuts; cut++) {
    await typist.typed(20)
    const { client, relay } = pick(random, net.hops)
    const back = onceEvent(client, 'linkUp', { timeoutMs: 10_000 })
    relay?.strike(pick(random, linkFaults))
    await back
  }
  await typist.typed(20)
  const { messages, medianMs, longestMs } = await typist.finish()
  const times = `median ${medianMs.toFixed(1)} ms, longest ${Math.round(longestMs)} ms`
  fact('interactive', `${name}: seed ${seed}, ${messages} messages over ${cuts} cuts, ${times}`)
  return longestMs
}
