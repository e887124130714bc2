import { setImmediate } from 'node:timers/promises'
import { decode, type DirectMessage, type Message, MessageType } from '@ls/codec'
import { silentLogger } from '@ls/foundation'
import { FakeClock, until } from '@ls/testkit'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { GoPath } from './go-path.js'
import { makeOwnKey, pairKeyOf } from './pair-key.js'
import { ProofFrames } from './proof-frame.js'
import type { QuicSocket, UdpPlace } from './quic.js'

/** A Go program that answers probes at one address, and QUIC there. */
const place: UdpPlace = { address: '192.0.2.7', port: 7 }
const peerId = '51d61d2b-5f75-4309-8a58-49056b0a3ec9'
const peerKey = makeOwnKey()
let clock: FakeClock
let sent: Message[]
let paths: ['up' | 'down', string][]
let failures: string[]
let path: GoPath
/** Whether the program has the key of the pair. */
let isHonest: boolean
let lose: ((reason: string) => void)[]
/** Where packets went. */
let probed: string[]

/** Key and id of the pair, from the announcement of this end. */
function framesOf(kind: 'probe' | 'hello'): ProofFrames {
  const { json } = sent.find(({ type }) => type === MessageType.DirectCapabilities) as DirectMessage
  const { session_id: id, public_key: key } = json as { session_id: string; public_key: string }
  const pairKey = pairKeyOf(id, peerKey, Buffer.from(key, 'base64'))
  return new ProofFrames(kind, id, kind === 'hello' && !isHonest ? Buffer.alloc(32) : pairKey)
}

function fakeSocket(): QuicSocket {
  let receive: (packet: Buffer, from: UdpPlace) => void = () => {}
  return {
    port: 5,
    onPacket: (call) => (receive = call),
    send(packet, to) {
      probed.push(`${to.address}:${to.port}`)
      const frame = to.port === place.port ? framesOf('probe').read(packet) : undefined
      if (frame !== undefined) queueMicrotask(() => receive(framesOf('probe').make('answer', frame.nonce), place))
    },
    dial: async () => ({
      open() {
        let hello: Uint8Array = Buffer.alloc(0)
        return {
          write: async (bytes) => void (hello = bytes),
          read: async () => framesOf('hello').make('answer', Buffer.from(hello.subarray(22, 30))),
          close: () => {},
        }
      },
      onStream: () => {},
      onClosed: (call) => void lose.push(call),
      close: () => {},
    }),
    close: () => {},
  }
}

beforeEach(() => {
  clock = new FakeClock()
  sent = []
  paths = []
  failures = []
  lose = []
  probed = []
  isHonest = true
  path = pathWith(async () => fakeSocket())
})

function pathWith(openSocket: () => Promise<QuicSocket>): GoPath {
  return new GoPath({
    clock,
    logger: silentLogger,
    session: { clock },
    openSocket,
    addressServers: [],
    hostCandidates: 'always',
    send: (message) => sent.push(decode(message)),
    sessionHandler: {},
    onPath: (state, reason) => paths.push([state, reason]),
    onFailed: ({ message }) => failures.push(message),
  })
}

function announced({ addr = place.address, port = place.port, key = peerKey } = {}): void {
  const candidates = [{ addr, port, kind: 'host' }]
  const json = { session_id: peerId, candidates, public_key: key.publicKey.toString('base64') }
  path.receive({ type: MessageType.DirectCapabilities, json })
}

/** Rejections that no code handles, from now on until the end of the test. */
function unhandledRejections(): readonly unknown[] {
  const unhandled: unknown[] = []
  const onUnhandled = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', onUnhandled)
  onTestFinished(() => void process.off('unhandledRejection', onUnhandled))
  return unhandled
}

/** Lets time pass until something holds. */
function passing(holds: () => boolean, what: string): Promise<void> {
  return until(() => {
    clock.advance(20)
    return holds()
  }, what)
}

test('GoPath announces itself to a server that passes signals on', async () => {
  await path.serverAllows()
  expect(sent).toMatchObject([{ type: MessageType.DirectCapabilities, json: { protocol_version: 1 } }])
})

test('GoPath opens its port again when it could not be opened', async () => {
  let attempts = 0
  path = pathWith(async () => {
    if (attempts++ === 0) throw new Error('too many open files')
    return fakeSocket()
  })
  await path.serverAllows()
  await path.serverAllows()
  expect(sent).toMatchObject([{ type: MessageType.DirectCapabilities }])
})

test('GoPath that is closed while its port cannot be opened reports nothing', async () => {
  const unhandled = unhandledRejections()
  path = pathWith(async () => {
    throw new Error('too many open files')
  })
  const allowed = path.serverAllows()
  path.close('the client is closed')
  await allowed
  await setImmediate()
  expect(unhandled).toEqual([])
})

test('GoPath opens a path to a program that announces itself', async () => {
  await path.serverAllows()
  announced()
  await passing(() => path.direct !== undefined, 'a path')
  expect(paths).toEqual([['up', 'a Go program answers over QUIC']])
})

test('GoPath refuses a program without the key of the pair', async () => {
  isHonest = false
  await path.serverAllows()
  announced()
  await passing(() => failures.length > 0, 'the failure')
  expect(failures).toEqual(['the peer at the end of the QUIC connection does not have the key'])
})

test('GoPath reports a program whose addresses do not answer', async () => {
  await path.serverAllows()
  announced({ port: 9 })
  await passing(() => failures.length > 0, 'the failure')
  expect(failures).toEqual(['no address of the Go program answers'])
})

test.each(['169.254.169.254', '239.255.255.250', '255.255.255.255', '::ffff:127.0.0.1', 'fd00:ec2::254'])(
  'GoPath sends no packet to %s for a peer',
  async (addr) => {
    await path.serverAllows()
    announced({ addr })
    await passing(() => failures.length > 0, 'the failure')
    expect(probed).toEqual([])
  },
)

test('GoPath probes the addresses of one peer only, however many announce themselves', async () => {
  await path.serverAllows()
  for (let port = 100; port < 120; port++) announced({ port, key: makeOwnKey() })
  await until(() => probed.includes('192.0.2.7:119'), 'the probes')
  probed.length = 0
  clock.advance(120)
  expect(probed).toEqual(['192.0.2.7:119'])
})

test('GoPath tries 600 addresses in a minute, however many announcements come', async () => {
  await path.serverAllows()
  for (let count = 0; count < 700; count++) announced({ port: 100 + count, key: makeOwnKey() })
  await setImmediate()
  const during = probed.length
  clock.advance(60_000)
  announced({ port: 9, key: makeOwnKey() })
  await until(() => probed.includes('192.0.2.7:9'), 'probes in the next minute')
  expect(during).toBe(600)
})

test('GoPath looks for its own addresses once, however often the server allows it', async () => {
  let opened = 0
  path = pathWith(async () => {
    opened++
    return fakeSocket()
  })
  await Promise.all(Array.from({ length: 100 }, () => path.serverAllows()))
  expect({ opened, sent: sent.length }).toEqual({ opened: 1, sent: 1 })
})

test('GoPath sends no packet when it is closed', async () => {
  await path.serverAllows()
  announced({ port: 9 })
  await until(() => probed.length > 0, 'the probes')
  path.close('over')
  probed.length = 0
  clock.advance(120)
  expect(probed).toEqual([])
})

test('GoPath opens another path when one is lost', async () => {
  await path.serverAllows()
  announced()
  await passing(() => lose.length === 1, 'a path')
  lose[0]!('gone')
  await passing(() => lose.length === 2, 'another path')
  expect(paths.map(([state]) => state)).toEqual(['up', 'down', 'up'])
})

test('GoPath gives no session when it is closed', async () => {
  await path.serverAllows()
  announced()
  await passing(() => path.direct !== undefined, 'a path')
  path.close('over')
  expect(path.session).toBeUndefined()
})
