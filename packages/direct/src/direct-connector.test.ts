import { finished } from 'node:stream/promises'
import { systemClock } from '@ls/foundation'
import type { Channel } from '@ls/mux'
import { toDuplex } from '@ls/mux/duplex'
import { FakeClock, seededBytes, turns, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { type DirectPair, directPair } from '../testing/direct-pair.js'
import { FakeNetwork } from '../testing/fake-puncher.js'
import { recorded } from '../testing/recorded-puncher.js'
import { DirectError } from './errors.js'
import type { Puncher } from './puncher.js'
import { RacingPuncher } from './racing-puncher.js'
import { TcpWays } from './tcp/tcp-ways.js'

async function onDirect(pair: DirectPair): Promise<void> {
  pair.connector.start()
  await until(() => pair.connector.direct !== undefined, 'a direct path')
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const target = { protocol: 'tcp', address: { host: 'target.test', port: 80 } } as const

/**
 * Bytes that the provider's end returns, and those it received, after `during` has run in the middle of the transfer.
 */
async function echoed(pair: DirectPair, bytes: Buffer, during: (receivedBytes: number) => void): Promise<Buffer> {
  const stream = toDuplex(pair.connector.direct!.open(target))
  const got: Buffer[] = []
  let receivedBytes = 0
  stream.on('data', (chunk: Buffer) => {
    got.push(chunk)
    receivedBytes += chunk.length
    during(receivedBytes)
  })
  for (let at = 0; at < bytes.length; at += 50_000) stream.write(bytes.subarray(at, at + 50_000))
  stream.end()
  await finished(stream)
  return Buffer.concat(got)
}

test('DirectConnector gives new channels the direct session once a path is made', async () => {
  const pair = directPair()
  expect(pair.connector.direct).toBeUndefined()
  await onDirect(pair)
  expect(pair.paths).toEqual([expect.stringMatching(/^direct: made in \d+ ms over UDP$/)])
})

test('DirectConnector carries a channel to the provider', async () => {
  const pair = directPair()
  await onDirect(pair)
  const bytes = seededBytes(1).take(300_000)
  expect((await echoed(pair, bytes, () => {})).equals(bytes)).toBe(true)
})

test.each(['tcp', 'udp'] as const)(
  'DirectConnector loses no byte in 50 moves from a path over %s to the relay and back',
  async (protocol) => {
    const { puncher, made } = recorded(protocol === 'tcp' ? tcpAlone() : network.connector)
    const provider = { puncher: protocol === 'tcp' ? tcpAlone() : network.provider }
    const pair = directPair({ connector: { puncher }, provider })
    await onDirect(pair)
    const bytes = seededBytes(2).take(1_000_000)
    const stream = toDuplex(pair.connector.direct!.open(target))
    const got: Buffer[] = []
    stream.on('data', (chunk: Buffer) => got.push(chunk))
    for (let at = 0; at < bytes.length; at += 20_000) {
      stream.write(bytes.subarray(at, at + 20_000))
      await turns(at % 3)
      made.at(-1)?.destroy()
      const count = made.length
      await until(() => pair.connector.direct !== undefined && made.length === count + 1, 'the path to come back')
    }
    stream.end()
    await finished(stream)
    const complete = Buffer.concat(got).equals(bytes)
    expect({ complete, made: made.length, protocol: pair.connector.protocol }).toEqual({
      complete: true,
      made: 51,
      protocol,
    })
  },
)

const network = new FakeNetwork()

function tcpAlone(): RacingPuncher {
  const tcp = new TcpWays({ clock: systemClock, hostCandidates: 'auto', port: 0, onProblem: () => {} })
  return new RacingPuncher({ clock: systemClock, tcp })
}

test('DirectConnector gets no path over TCP to a provider that does not know its token', async () => {
  const pair = directPair({ connector: { puncher: tcpAlone(), token: 'wrong' }, provider: { puncher: tcpAlone() } })
  pair.connector.start()
  await until(() => pair.failures.length > 0, 'the attempt to fail')
  expect(pair.failures[0]).toContain('this provider does not know the connector token')
})

test('DirectConnector says why a provider has no way to it', async () => {
  const pair = directPair({ provider: { puncher: tcpAlone() } })
  pair.connector.start()
  await until(() => pair.failures.length > 0, 'the attempt to fail')
  expect(pair.failures[0]).toBe('the peer refuses the direct path: the ends have neither TCP nor UDP in common')
})

test('DirectConnector continues through the relay while no path opens', async () => {
  const pair = directPair()
  await onDirect(pair)
  pair.network.isBlocked = true
  const bytes = seededBytes(3).take(1_000_000)
  const got = await echoed(pair, bytes, (receivedBytes) => {
    if (receivedBytes > 100_000) pair.network.cut()
  })
  expect({ complete: got.equals(bytes), path: pair.connector.path }).toEqual({ complete: true, path: 'relay' })
})

test('DirectConnector goes on through the relay when its path has been silent', async () => {
  const clock = new FakeClock()
  const pair = directPair({ clock })
  await onDirect(pair)
  const bytes = seededBytes(4).take(1_000_000)
  let isSilent = false
  const echo = echoed(pair, bytes, () => {
    if (!isSilent) pair.network.silence()
    isSilent = true
  })
  let got: Buffer | undefined
  echo.then(
    (all) => (got = all),
    () => {},
  )
  const isOver = (): boolean => {
    clock.advance(50)
    return got !== undefined
  }
  await until(isOver, 'the echo to be complete')
  expect({ complete: got?.equals(bytes), second: pair.paths[1] }).toEqual({
    complete: true,
    second: expect.stringMatching(/^relay: /) as string,
  })
})

test('DirectConnector says that the provider was silent', async () => {
  const clock = new FakeClock()
  const pair = directPair({ clock })
  await onDirect(pair)
  pair.network.silence()
  clock.advance(10_000)
  await until(() => pair.paths.length > 1, 'the path to be lost')
  expect(pair.paths[1]).toMatch(/^relay: provider silent for \d+ ms \(limit 9000 ms\)$/)
})

test('DirectConnector never moves connections to the relay if it must not', async () => {
  const pair = directPair({ connector: { allowRelay: false } })
  await onDirect(pair)
  pair.network.isBlocked = true
  const { session } = pair.connector
  session?.open(target)
  pair.network.cut()
  await until(() => pair.failures.length > 0, 'a failed attempt')
  expect(session?.state).toBe('unlinked')
})

test('DirectConnector refuses a path with an attacker in the middle', async () => {
  const pair = directPair()
  pair.network.isTapped = true
  pair.connector.start()
  await until(() => pair.failures.length > 0, 'the attempt to fail')
  expect({ session: pair.connector.session, firstFailure: pair.failures[0] }).toEqual({
    session: undefined,
    firstFailure:
      'the peer refuses the direct path: this provider does not know the connector token; one that was added by the API cannot be used',
  })
})

test.each([
  ['another token', { connector: { token: 'wrong' } }],
  ['another secret', { connector: { secret: 'a' }, provider: { secret: 'b' } }],
])('DirectConnector gets no path with %s', async (_what, options) => {
  const pair = directPair(options)
  pair.connector.start()
  await until(() => pair.failures.length > 0, 'the attempt to fail')
  expect(pair.failures[0]).toContain('this provider does not know the connector token')
})

test('DirectConnector tries again after a second, then after two', async () => {
  const clock = new FakeClock()
  const pair = directPair({ clock, connector: { puncher: failing } })
  pair.connector.start()
  const counts: number[] = []
  for (const delayMs of [0, 999, 1, 1999, 1]) {
    clock.advance(delayMs)
    await until(() => clock.pendingTimers > 0, 'the next attempt to be planned')
    counts.push(pair.failures.length)
  }
  expect(counts).toEqual([1, 1, 2, 2, 3])
})

test.each([true, false])(
  'DirectConnector continues with the next offer of an attempt (refused: %s)',
  async (isRefused) => {
    const none = (): Promise<never> => Promise.reject(new DirectError('ERR_DIRECT_PATH', 'nothing opened'))
    let closed = 0
    const first = { offer: 'early', accept: none, next: () => network.connector.offer(), close: () => void closed++ }
    const puncher = { ...failing, offer: () => Promise.resolve(first) }
    const answer: Puncher['answer'] = (offer, onOpened) => {
      if (offer === 'early' && isRefused) return none()
      return network.provider.answer(offer, onOpened)
    }
    const pair = directPair({ connector: { puncher }, provider: { puncher: { ...failing, answer } } })
    await onDirect(pair)
    expect({ closed, failures: pair.failures }).toEqual({ closed: 1, failures: [] })
  },
)

const failing = {
  offer: () => Promise.reject(new Error('no network')),
  answer: () => Promise.reject(new Error('no network')),
}

test('DirectConnector begins another session when the provider has forgotten an idle one', async () => {
  const pair = directPair()
  await onDirect(pair)
  const first = pair.connector.session
  for (const session of pair.provider.sessions) session.close('restarted')
  await until(() => pair.connector.direct !== undefined && pair.connector.session !== first, 'another session')
  expect(first?.state).toBe('closed')
})

test('DirectProvider ends the sessions of a token that is removed', async () => {
  const pair = directPair()
  await onDirect(pair)
  pair.provider.remove('other')
  const before = pair.provider.sessions.length
  pair.provider.remove('token')
  await until(() => pair.connector.direct === undefined, 'the session to end')
  expect({ before, sessions: pair.provider.sessions.length }).toEqual({ before: 1, sessions: 0 })
})

test('DirectProvider begins no session for a token that was removed after its greeting', async () => {
  const tokens = new Set(['token'])
  const pair = directPair({ provider: { tokens: () => tokens } })
  pair.connector.start()
  await until(() => pair.network.made.length > 0, 'the path')
  tokens.clear()
  pair.provider.remove('token')
  await until(() => pair.failures.length > 0, 'the refusal')
  expect(pair.provider.sessions).toEqual([])
})

test('DirectProvider serves its channels no longer once it is closed', async () => {
  const pair = directPair()
  await onDirect(pair)
  pair.provider.close('the end')
  await until(() => pair.connector.direct === undefined, 'the session to end')
  expect(pair.provider.sessions).toEqual([])
})

test.each([
  ['both ends make spans', true, true, traceparent],
  ['the connector alone makes spans', true, false, undefined],
  ['the provider alone makes spans', false, true, undefined],
] as const)('DirectConnector sends the context of a trace where %s', async (_where, ours, theirs, expected) => {
  const arrived: (string | undefined)[] = []
  const onConnect = (channel: Channel): void => {
    arrived.push(channel.traceparent)
    channel.accept()
  }
  const pair = directPair({
    connector: { session: { clock: systemClock, trace: ours } },
    provider: { session: { clock: systemClock, trace: theirs }, sessionHandler: { onConnect } },
  })
  await onDirect(pair)
  pair.connector.direct?.open({ ...target, traceparent })
  await until(() => arrived.length > 0, 'the channel to arrive')
  expect(arrived).toEqual([expected])
})
