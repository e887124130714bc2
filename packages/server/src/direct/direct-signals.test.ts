import { decode, type DirectMessage, encode, type Message, MessageType, newChannelId } from '@ls/codec'
import { silentLogger } from '@ls/foundation'
import type { Session } from '@ls/mux'
import { FakeClock } from '@ls/testkit'
import { beforeEach, expect, test } from 'vitest'
import { reverseToken as reverse } from '../../testing/reverse-token.js'
import type { Peer } from '../links/peer.js'
import type { ConnectorToken, ReverseToken } from '../tokens/token-registry.js'
import { DirectSignals } from './direct-signals.js'

const connectorToken: ConnectorToken = { kind: 'connector', token: 'c', reverse, owner: undefined }

let clock: FakeClock
let signals: DirectSignals
let forbidden: Set<Peer>
let got: Map<Peer, Message[]>

beforeEach(() => {
  clock = new FakeClock()
  forbidden = new Set()
  got = new Map()
  signals = new DirectSignals({
    clock,
    logger: silentLogger,
    isAllowed: (peer) => !forbidden.has(peer),
    reaches: (connector, provider) => connector.instance !== 'stranger' && provider.record.kind === 'reverse',
  })
})

function peer(instance: string, record: ReverseToken | ConnectorToken, { window = false } = {}): Peer {
  const messages: Message[] = []
  const send = (bytes: Uint8Array): void => void messages.push(decode(bytes))
  const session = { send, options: { window } } as unknown as Session
  const made = { session, record, instance, remoteAddress: '127.0.0.1', connectedAtMs: 0 }
  got.set(made, messages)
  signals.joined(made)
  return made
}

const provider = (instance = 'p'): Peer => peer(instance, reverse)
const connector = (instance = 'k'): Peer => peer(instance, connectorToken)

/** A client that has joined and announced its addresses. */
function announced(made: Peer): Peer {
  send(made, { type: MessageType.DirectCapabilities, json: { session_id: made.instance, protocol_version: 2 } })
  return made
}

function send(from: Peer, message: DirectMessage): void {
  signals.receive(from, encode(message))
}

/** Senders of the announcements that a client received. */
function heard(by: Peer): unknown[] {
  return got.get(by)!.flatMap((message) => {
    if (message.type !== MessageType.DirectCapabilities) return []
    return (message.json as { session_id: string }).session_id
  })
}

test('joined announces direct paths', () => {
  expect(got.get(provider())).toEqual([
    { type: MessageType.Log, level: 'debug', text: 'linksocks_server_hello:direct_signaling=1' },
  ])
})

test('joined announces nothing to a client whose token has rules', () => {
  const made = provider()
  got.get(made)!.length = 0
  forbidden.add(made)
  signals.joined(made)
  expect(got.get(made)).toEqual([])
})

test('receive passes the announcements of a pair to both', () => {
  const [first, second] = [announced(provider()), announced(connector())]
  expect({ first: heard(first), second: heard(second) }).toEqual({ first: ['k'], second: ['p'] })
})

test('receive lowers the version, so that no channel moves to this server', () => {
  const first = announced(provider())
  announced(connector())
  expect(got.get(first)!.at(-1)).toMatchObject({ json: { protocol_version: 1 } })
})

test('receive passes nothing to a third client of the pair', () => {
  announced(provider())
  announced(connector())
  expect(heard(announced(connector('third')))).toEqual([])
})

test('receive joins a third client with a second provider', () => {
  announced(provider())
  announced(connector())
  const third = announced(connector('third'))
  announced(provider('q'))
  expect(heard(third)).toEqual(['q'])
})

test.each([
  ['two providers', () => [provider('p'), provider('q')]],
  ['two connectors', () => [connector('k'), connector('l')]],
  [
    'two clients of this project',
    () => [peer('p', reverse, { window: true }), peer('k', connectorToken, { window: true })],
  ],
  ['a connector and a provider that it does not reach', () => [provider(), connector('stranger')]],
])('receive joins no pair of %s', (_what, make) => {
  const all = make().map(announced)
  expect(all.map(heard)).toEqual([[], []])
})

test('receive passes other signals within the pair', () => {
  const first = announced(provider())
  const second = announced(connector())
  send(second, { type: MessageType.DirectStatus, json: { status: 'probing' } })
  expect(got.get(first)!.at(-1)).toEqual({ type: MessageType.DirectStatus, json: { status: 'probing' } })
})

test('receive passes 64 signals of a client in 10 s: more could end the link of its partner', () => {
  const first = announced(provider())
  const second = announced(connector())
  const passed = (): number => {
    got.get(first)!.length = 0
    for (let count = 0; count < 100; count++) send(second, { type: MessageType.DirectStatus, json: { count } })
    return got.get(first)!.length
  }
  const before = passed()
  clock.advance(10_000)
  expect({ before, after: passed() }).toEqual({ before: 63, after: 64 })
})

test('receive keeps no announcement of more than 8 KiB', () => {
  const first = connector()
  send(first, { type: MessageType.DirectCapabilities, json: { session_id: 'k', padding: 'x'.repeat(8192) } })
  expect(heard(announced(provider()))).toEqual([])
})

test('receive keeps announcements of 4096 clients of all tokens, and of others when these have left', () => {
  const other = { ...reverse, token: 'other' }
  const last = { ...reverse, token: 'last' }
  const all = Array.from({ length: 5000 }, (_, index) =>
    announced(peer(`${index}`, { ...reverse, token: `${index % 5}` })),
  )
  const met = (token: ReverseToken, suffix: string): unknown[] => {
    announced(peer(`p${suffix}`, token))
    return heard(announced(peer(`k${suffix}`, { ...connectorToken, reverse: token })))
  }
  const during = met(other, '')
  for (const each of all) signals.left(each)
  clock.advance(60_000)
  expect({ during, after: met(last, '2') }).toEqual({ during: [], after: ['p2'] })
})

test('receive passes nothing of a client whose token has rules', () => {
  const second = connector()
  forbidden.add(second)
  announced(second)
  expect(heard(announced(provider()))).toEqual([])
})

test('receive refuses an announcement that cannot be passed on, so that it never reaches another client', () => {
  const depth = 32
  const json = `{"session_id":"p","x":${'['.repeat(depth)}${']'.repeat(depth)}}`
  const body = Buffer.from(json)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  const bytes = Buffer.concat([Buffer.of(1, MessageType.DirectCapabilities), length, body])
  const [first, second] = [provider(), announced(connector())]
  expect(() => signals.receive(first, bytes)).toThrow('more than 32 levels')
  expect(heard(second)).toEqual([])
})

test('joined returns the place of a process that has dialled again', () => {
  const first = announced(provider())
  announced(connector())
  signals.left(first)
  const again = provider()
  const third = announced(connector('third'))
  expect({ again: heard(again), third: heard(third) }).toEqual({ again: [], third: [] })
})

test('left gives the partner to another client when the grace time is over', () => {
  const first = announced(provider())
  const second = announced(connector())
  announced(connector('third'))
  signals.left(second)
  clock.advance(60_000)
  expect(heard(first)).toEqual(['k', 'third'])
})

test('receive gives the partner of an absent process to one that is there', () => {
  const second = announced(connector())
  const first = announced(provider())
  signals.left(first)
  announced(provider('restarted'))
  expect(heard(second)).toEqual(['p', 'restarted'])
})

test('receiveStray ends a channel that began on a direct path', () => {
  const first = announced(provider())
  const channelId = newChannelId()
  signals.receiveStray(first, channelId, MessageType.Data)
  expect(got.get(first)!.at(-1)).toMatchObject({ type: MessageType.Disconnect, channelId })
})

test.each([
  ['a client without direct paths', () => provider(), MessageType.Data],
  ['the end of a channel', () => announced(provider()), MessageType.Disconnect],
])('receiveStray does not answer %s', (_what, make, type) => {
  const made = make()
  const before = got.get(made)!.length
  signals.receiveStray(made, newChannelId(), type)
  expect(got.get(made)).toHaveLength(before)
})
