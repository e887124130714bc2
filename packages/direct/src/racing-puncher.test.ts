import { silentLogger, systemClock, type Target } from '@ls/foundation'
import { loopbackPair } from '@ls/mux'
import { FakeClock, turns, until } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { fakeGateway } from '../testing/fake-gateway.js'
import { FakeNetwork } from '../testing/fake-puncher.js'
import { loadPuncher } from './load-puncher.js'
import type { DirectConnection, Puncher } from './puncher.js'
import { RacingPuncher } from './racing-puncher.js'
import { splitInvitation, withInvitation } from './tcp/invitation.js'
import { TcpWays } from './tcp/tcp-ways.js'
import { loadNativePuncher } from './udp/native-puncher.js'
import { PortMapper } from './upnp/port-mapper.js'

/** A puncher that has TCP, and UDP where it is given. */
function racing(udp?: Puncher, clock: FakeClock = new FakeClock()): RacingPuncher {
  const tcp = new TcpWays({ clock, hostCandidates: 'auto', port: 0, onProblem: () => {} })
  return new RacingPuncher({ clock, tcp, udp })
}

/** An attempt between both; `change` stands between them. */
async function meet(connector: Puncher, provider: Puncher, change = (answer: string) => answer) {
  const served: DirectConnection[] = []
  const outgoing = await connector.offer()
  const incoming = await provider.answer(outgoing.offer, (connection) => served.push(connection))
  const opening = outgoing.accept(change(incoming.answer))
  onTestFinished(async () => {
    outgoing.close()
    incoming.close()
    await opening.then(
      ({ transport }) => transport.destroy(),
      () => {},
    )
    for (const { transport } of served) transport.destroy()
  })
  return { opening, served }
}

/** A UDP puncher whose path opens when told so. */
function fakeUdp() {
  let resolve!: (connection: DirectConnection) => void
  const promise = new Promise<DirectConnection>((settle) => (resolve = settle))
  const isClosed: boolean[] = []
  const candidate = 'a=candidate:1 1 UDP 1 192.0.2.2 5 typ host\r\n'
  const close = (): void => void isClosed.push(true)
  const puncher: Puncher = {
    offer: () => Promise.resolve({ offer: candidate, accept: () => promise, close }),
    answer: () => Promise.resolve({ answer: candidate, opened: promise.then(() => {}), close }),
  }
  const open = (): void => resolve({ transport: loopbackPair()[0], binding: 'udp', protocol: 'udp' })
  return { puncher, open, isClosed }
}

/** Takes the places out of an answer, so that TCP finds none. */
function withoutPlaces(answer: string): string {
  const { sdp, invitation } = splitInvitation(answer)
  return withInvitation(sdp, { ...invitation!, places: [] })
}

test('RacingPuncher opens a path by TCP without UDP', async () => {
  const { opening, served } = await meet(racing(), racing())
  const { protocol, binding } = await opening
  await until(() => served.some((each) => each.binding === binding), 'the same connection at the provider')
  expect(protocol).toBe('tcp')
})

test('RacingPuncher prefers TCP where UDP is open first, and ends UDP', async () => {
  const udp = fakeUdp()
  udp.open()
  const { opening } = await meet(racing(udp.puncher), racing(fakeUdp().puncher))
  const { protocol } = await opening
  expect({ protocol, isClosed: udp.isClosed }).toEqual({ protocol: 'tcp', isClosed: [true] })
})

test('RacingPuncher answers once TCP is open, and ends UDP whose addresses are known later', async () => {
  const udp = fakeUdp()
  let tellAddresses = (): void => {}
  const known = new Promise<void>((resolve) => (tellAddresses = resolve))
  const slow: Puncher = {
    ...udp.puncher,
    answer: async (offer, onOpened) => {
      await known
      return udp.puncher.answer(offer, onOpened)
    },
  }
  const { opening } = await meet(racing(fakeUdp().puncher), racing(slow))
  const { protocol } = await opening
  tellAddresses()
  await until(() => udp.isClosed.length > 0, 'the end of UDP')
  expect(protocol).toBe('tcp')
})

/** A UDP puncher that knows its addresses when told so. */
function slowUdp() {
  const udp = fakeUdp()
  let know = (): void => {}
  const known = new Promise<void>((resolve) => (know = resolve))
  const offer: Puncher['offer'] = () => known.then(() => udp.puncher.offer())
  return { ...udp, puncher: { ...udp.puncher, offer }, know }
}

/** The first offer of a connector whose STUN servers have not answered for 500 ms. */
async function earlyOffer() {
  const [clock, udp] = [new FakeClock(), slowUdp()]
  const offering = racing(udp.puncher, clock).offer()
  await turns(3)
  clock.advance(500)
  const outgoing = await offering
  onTestFinished(() => outgoing.close())
  return { clock, udp, outgoing }
}

test('RacingPuncher.offer opens TCP without waiting for STUN servers, and then ends UDP', async () => {
  const { udp, outgoing } = await earlyOffer()
  const incoming = await racing().answer(outgoing.offer, ({ transport }) => onTestFinished(() => transport.destroy()))
  onTestFinished(() => incoming.close())
  const { protocol, transport } = await outgoing.accept(incoming.answer)
  onTestFinished(() => transport.destroy())
  udp.know()
  await until(() => udp.isClosed.length > 0, 'the end of UDP')
  expect(protocol).toBe('tcp')
})

test('RacingPuncher.offer continues with UDP once its addresses are known', async () => {
  const { clock, udp, outgoing } = await earlyOffer()
  const failed = outgoing.accept(withInvitation('', { id: 'ab'.repeat(16), secret: Buffer.alloc(32), places: [] }))
  udp.know()
  await turns(3)
  clock.advance(300)
  await expect(failed).rejects.toThrow('TCP has not opened before the addresses for UDP were known')
  const next = await outgoing.next!()
  outgoing.close()
  onTestFinished(() => next.close())
  expect({ offer: next.offer, isClosed: udp.isClosed }).toEqual({
    offer: expect.stringContaining('a=candidate:1 1 UDP 1 192.0.2.2 5') as string,
    isClosed: [],
  })
})

test('RacingPuncher waits 500 ms for TCP, then takes UDP', async () => {
  const [clock, udp] = [new FakeClock(), fakeUdp()]
  const { opening } = await meet(racing(udp.puncher, clock), fakeUdp().puncher, (answer) =>
    withInvitation(answer, { id: 'ab'.repeat(16), secret: Buffer.alloc(32), places: [] }),
  )
  const taken: string[] = []
  void opening.then(({ protocol }) => taken.push(protocol))
  udp.open()
  await turns(5)
  clock.advance(499)
  await turns(5)
  const before = [...taken]
  clock.advance(1)
  await opening
  expect({ before, taken }).toEqual({ before: [], taken: ['udp'] })
})

test('RacingPuncher takes UDP without a wait where the peer has no TCP', async () => {
  const udp = fakeUdp()
  udp.open()
  const { opening } = await meet(racing(udp.puncher), fakeUdp().puncher)
  expect((await opening).protocol).toBe('udp')
})

test('RacingPuncher reaches a connector that cannot dial', async () => {
  const { opening } = await meet(racing(), racing(), withoutPlaces)
  expect((await opening).protocol).toBe('tcp')
})

test('RacingPuncher.offer ends a second connection', async () => {
  const connector = racing()
  const outgoing = await connector.offer()
  const served: DirectConnection[] = []
  const ended: DirectConnection[] = []
  const onOpened = (connection: DirectConnection): void => {
    served.push(connection)
    const onClose = (): void => void ended.push(connection)
    connection.transport.setHandler({ onMessage: () => {}, onDrain: () => {}, onClose })
  }
  // Two providers dial it, as one does that reaches it at two addresses.
  const incoming = [await racing().answer(outgoing.offer, onOpened), await racing().answer(outgoing.offer, onOpened)]
  onTestFinished(() => {
    for (const path of [outgoing, ...incoming]) path.close()
    for (const { transport } of served) transport.destroy()
  })
  await until(() => served.length === 2 && ended.length === 1, 'the end of one connection')
  const { binding } = await outgoing.accept(incoming[0]!.answer)
  expect(ended.map((each) => each.binding)).not.toContain(binding)
})

test('RacingPuncher shows both ends another connection where the server carries TLS itself', async () => {
  const attacker = racing()
  const [provider, connector] = [racing(), racing()]
  const towardsProvider = await attacker.offer()
  const served: DirectConnection[] = []
  const incoming = await provider.answer(towardsProvider.offer, (each) => served.push(each))
  const tapped: DirectConnection[] = []
  const outgoing = await connector.offer()
  const towardsConnector = await attacker.answer(outgoing.offer, (each) => tapped.push(each))
  const [near] = await Promise.all([outgoing.accept(towardsConnector.answer), towardsProvider.accept(incoming.answer)])
  onTestFinished(() => {
    for (const path of [towardsProvider, incoming, outgoing, towardsConnector]) path.close()
    for (const { transport } of [near, ...served, ...tapped]) transport.destroy()
  })
  expect(served.map(({ binding }) => binding)).not.toContain(near.binding)
})

test.each([
  ['an older connector', 'udp', 'auto'],
  ['an older provider', 'auto', 'udp'],
] as const)('RacingPuncher opens a path by UDP with %s', { timeout: 20_000 }, async (_who, ours, theirs) => {
  const load = (protocol: 'udp' | 'auto'): Promise<Puncher> =>
    // An end before TCP paths is the native part alone.
    protocol === 'udp'
      ? loadNativePuncher({}, systemClock)
      : loadPuncher({}, { clock: systemClock, logger: silentLogger })
  const { opening } = await meet(await load(ours), await load(theirs))
  expect((await opening).protocol).toBe('udp')
})

test('RacingPuncher has no path to an end that has UDP alone, without UDP', async () => {
  const outgoing = await new FakeNetwork().connector.offer()
  await expect(racing().answer(outgoing.offer, () => {})).rejects.toThrow('neither TCP nor UDP in common')
})

/** Places that a puncher tells the peer, whose router passes a port on. */
async function toldPlaces(hostCandidates: 'auto' | 'never'): Promise<readonly Target[]> {
  const mapping = { outside: async () => ({ address: '203.0.113.7', port: 700 }) }
  const clock = new FakeClock()
  const tcp = new TcpWays({ clock, hostCandidates, port: 0, mapping, onProblem: () => {} })
  const outgoing = await new RacingPuncher({ clock, tcp }).offer()
  onTestFinished(() => outgoing.close())
  return splitInvitation(outgoing.offer).invitation!.places
}

test('RacingPuncher tells the place at a router that leads to its port, after its own', async () => {
  const places = await toldPlaces('auto')
  expect({ last: places.at(-1), hasOthers: places.length > 1 }).toEqual({
    last: { host: '203.0.113.7', port: 700 },
    hasOthers: true,
  })
})

test('RacingPuncher tells that place alone where its own addresses are not told', async () => {
  expect(await toldPlaces('never')).toEqual([{ host: '203.0.113.7', port: 700 }])
})

test('loadPuncher has the router pass on the TCP port of the options', async () => {
  const [gateway, clock] = [await fakeGateway(), new FakeClock()]
  const where = { searchAt: gateway.searchAt, ownAddresses: ['127.0.0.1'] }
  const mapper = new PortMapper({ clock, logger: silentLogger, ...where })
  onTestFinished(() => mapper.close())
  await loadPuncher({ mode: 'auto', protocol: 'tcp', port: 7000 }, { clock, logger: silentLogger, mapper })
  await until(() => gateway.tcpMappings.has(7000), 'the mapping')
  expect(gateway.mappings.size).toBe(0)
})
