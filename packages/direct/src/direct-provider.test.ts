import { systemClock } from '@ls/foundation'
import { toDuplex } from '@ls/mux/duplex'
import { FakeClock, onceEvent, until } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { directPair, relayTo, tunnelRequest } from '../testing/direct-pair.js'
import { DirectConnector } from './direct-connector.js'

test('DirectProvider ends a tunnel whose message is longer than any of a session', async () => {
  const { provider } = directPair({ clock: new FakeClock() })
  const relay = relayTo((channel) => provider.serve(channel))
  const stream = toDuplex(relay.open(tunnelRequest))
  stream.on('error', () => {})
  onTestFinished(() => relay.close('the test is over'))
  // The length of a message of 32 MiB, of which nothing follows.
  stream.write(Buffer.from([0x02, 0, 0, 0]))
  stream.resume()
  await expect(onceEvent(stream, 'end')).resolves.toBeDefined()
})

test('DirectProvider counts the memory of all its sessions together', async () => {
  const { provider, connector, network } = directPair()
  const relay = relayTo((channel) => provider.serve(channel))
  const second = new DirectConnector({
    clock: systemClock,
    token: 'token',
    session: { clock: systemClock },
    puncher: network.connector,
    openTunnel: () => Promise.resolve(toDuplex(relay.open(tunnelRequest))),
    allowRelay: true,
    sessionHandler: {},
    onPath: () => {},
    onFailed: () => {},
  })
  onTestFinished(() => {
    second.close('the test is over')
    relay.close('the test is over')
  })
  connector.start()
  second.start()
  await until(() => provider.sessions.length === 2, 'two sessions')
  const budgets = provider.sessions.map(({ options }) => options.budget)
  for (const budget of budgets) budget.charge(110_000_000)
  expect(budgets.map(({ exceeded }) => exceeded)).toContain(true)
})
