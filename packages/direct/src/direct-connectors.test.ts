import { silentLogger } from '@ls/foundation'
import { toDuplex } from '@ls/mux/duplex'
import { FakeClock, until } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { relayTo, tunnelRequest } from '../testing/direct-pair.js'
import { FakeNetwork } from '../testing/fake-puncher.js'
import { DirectConnectors } from './direct-connectors.js'
import { DirectProvider } from './direct-provider.js'

interface Group {
  readonly connectors: DirectConnectors
  /** Number of channels that each provider has received. */
  readonly served: number[]
  readonly failures: string[]
  readonly paths: string[]
  readonly clock: FakeClock
  readonly network: FakeNetwork
  /** Lets time pass, so that attempts are made. */
  until(holds: () => boolean, what: string): Promise<void>
}

/** A connector and providers, to which the relay passes its tunnels in turn. */
function group(providerCount: number): Group {
  const clock = new FakeClock()
  const network = new FakeNetwork()
  const served = Array.from({ length: providerCount }, () => 0)
  const failures: string[] = []
  const paths: string[] = []
  const providers = served.map(
    (_none, index) =>
      new DirectProvider({
        clock,
        logger: silentLogger,
        session: { clock },
        puncher: network.provider,
        tokens: () => ['token'],
        allowRelay: true,
        sessionHandler: {
          onConnect: (channel) => {
            served[index]!++
            channel.accept()
          },
        },
        onPath: () => {},
      }),
  )
  let turn = 0
  const relay = relayTo((channel) => providers[turn++ % providerCount]!.serve(channel))
  const connectors = new DirectConnectors({
    clock,
    token: 'token',
    session: { clock },
    puncher: network.connector,
    openTunnel: () => Promise.resolve(toDuplex(relay.open(tunnelRequest))),
    allowRelay: true,
    sessionHandler: {},
    onPath: (path) => paths.push(path),
    onFailed: (error) => failures.push(error.message),
  })
  onTestFinished(() => {
    connectors.close('the test is over')
    for (const provider of providers) provider.close('the test is over')
    relay.close('the test is over')
  })
  const passing = (holds: () => boolean, what: string): Promise<void> =>
    until(() => {
      clock.advance(100)
      return holds()
    }, what)
  return { connectors, served, failures, paths, clock, network, until: passing }
}

const target = { protocol: 'tcp', address: { host: 'target.test', port: 80 } } as const

test('DirectConnectors opens a path to each provider, and they take turns', async () => {
  const { connectors, served, failures, until: passing } = group(3)
  connectors.setProviders(3)
  connectors.start()
  await passing(() => connectors.direct.length === 3, 'three paths')
  for (let opened = 0; opened < 9; opened++) connectors.pick()?.open(target)
  await passing(() => served.reduce((sum, count) => sum + count) === 9, 'the channels')
  expect({ served, failures }).toEqual({ served: [3, 3, 3], failures: [] })
})

test('DirectConnectors leaves the turns of providers without a path to the relay', async () => {
  const { connectors, until: passing } = group(1)
  connectors.start()
  await passing(() => connectors.direct.length === 1, 'a path')
  connectors.setProviders(3)
  const picked = Array.from({ length: 6 }, () => connectors.pick() !== undefined)
  expect(picked.filter(Boolean)).toHaveLength(2)
})

test('DirectConnectors uses its one path for all channels where there is one provider', async () => {
  const { connectors, until: passing } = group(1)
  connectors.start()
  await passing(() => connectors.direct.length === 1, 'a path')
  const picked = new Set([connectors.pick(), connectors.pick()])
  expect(picked).toEqual(new Set(connectors.direct))
})

test('DirectConnectors reports one change of the path for several', async () => {
  const { connectors, paths, until: passing } = group(2)
  connectors.setProviders(2)
  connectors.start()
  await passing(() => connectors.direct.length === 2, 'both paths')
  expect(paths).toEqual(['direct'])
})

test('DirectConnectors leaves new channels to the relay a second after one found its path silent', async () => {
  const { connectors, clock, network, until: passing } = group(1)
  connectors.start()
  await passing(() => connectors.direct.length === 1, 'a path')
  network.silence()
  clock.advance(3000)
  const first = connectors.pick()
  clock.advance(1001)
  expect({ first: first !== undefined, next: connectors.pick() }).toEqual({ first: true, next: undefined })
})
