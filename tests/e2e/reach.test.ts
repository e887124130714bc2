import { FakeDns } from '@ls/testkit'
import { expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { modes, proxyNet } from '../stress/proxy-net.js'
import { datagramTargets } from './reach/datagrams.js'
import { httpTargets } from './reach/http.js'
import { nameTargets, zone } from './reach/names.js'
import { reportTimes } from './reach/report.js'
import { hasIpv6, socketTargets } from './reach/sockets.js'
import type { Target } from './reach/target.js'
import { directWay, proxiedWay, type Way } from './reach/way.js'

/** `pnpm reach` also prints times. */
const isReport = process.env['MODE'] === 'report'

const withIpv6 = await hasIpv6()
if (!withIpv6) console.warn('\n*** no IPv6 on loopback: the targets that need it are LEFT OUT ***\n')

const groups: Record<string, () => Target[]> = {
  names: () => nameTargets(withIpv6),
  sockets: () => socketTargets().filter(({ title }) => withIpv6 || !title.includes('IPv6')),
  HTTP: httpTargets,
  datagrams: () => datagramTargets(withIpv6),
}

async function outcomes(targets: readonly Target[], way: Way): Promise<Record<string, unknown>> {
  const reached = targets.map(async ({ title, reach }) => [title, await reach(way)] as const)
  return Object.fromEntries(await Promise.all(reached))
}

test.each(modes.flatMap((mode) => Object.keys(groups).map((group) => [group, mode] as const)))(
  '%s: what a direct connection reaches is reached in %s mode, with the same bytes and the same end',
  async (group, mode) => {
    const dns = closing(await FakeDns.start(zone))
    const options = { dns: { servers: [dns.address] } }
    const { socks } = await proxyNet(mode, { server: options, client: options })
    const targets = groups[group]!()
    const direct = await outcomes(targets, directWay(dns.address))
    expect(await outcomes(targets, proxiedWay(mode, socks.port))).toEqual(direct)
  },
)

test.runIf(isReport)('reports how long each target takes', { timeout: 600_000 }, async () => {
  const dns = closing(await FakeDns.start(zone))
  const options = { dns: { servers: [dns.address] } }
  const ways = [directWay(dns.address)]
  for (const mode of modes) {
    const { socks } = await proxyNet(mode, { server: options, client: options })
    ways.push(proxiedWay(mode, socks.port))
  }
  const late: string[] = []
  for (const [group, targets] of Object.entries(groups)) late.push(...(await reportTimes(group, targets(), ways)))
  expect(late).toEqual([])
})
