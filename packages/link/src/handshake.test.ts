import { decode, encode, type KnownMessage, type Message, MessageType } from '@ls/codec'
import { Session } from '@ls/mux'
import { FakeClock, memoryTransportPair, turns, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { openingOf, shakeHands, type ClientResumeKey } from './handshake.js'
import { type LinkSettings, resolveLinkSettings } from './settings.js'

const instance = new Uint8Array(16)
const success: KnownMessage = { type: MessageType.AuthResponse, success: true }
const hello: KnownMessage = {
  type: MessageType.Hello,
  extensions: ['window', 'resume'],
  windowBytes: 1000,
  session: new Uint8Array(16).fill(7),
  secret: Uint8Array.of(1, 2, 3),
  graceSeconds: 1.5,
}

/** A handshake with a server that sends `script` immediately. */
function shaking(
  script: readonly KnownMessage[],
  settings: LinkSettings = {},
  resumeKey?: ClientResumeKey,
  authenticated = true,
  opened = false,
) {
  const clock = new FakeClock()
  const [near, far] = memoryTransportPair()
  const received: Message[] = []
  far.setHandler({ onMessage: (bytes) => received.push(decode(bytes)), onDrain: () => {}, onClose: () => {} })
  for (const message of script) far.send(encode(message))
  const resolved = resolveLinkSettings({ clock, token: 't', ...settings })
  const request = { settings: resolved, token: resolved.token, instance, authenticated, resumeKey, opened }
  return { agreement: shakeHands(near, request), received, far, clock }
}

function resumeKey(): ClientResumeKey {
  const session = new Session({ extensions: ['resume'] }, { onConnect: (c) => c.reject('no'), onClose: () => {} })
  return { id: new Uint8Array(16).fill(9), secret: Uint8Array.of(4), session }
}

test('shakeHands agrees on a base link when AuthResponse comes first', async () => {
  const { agreement } = shaking([success])
  expect(await agreement).toMatchObject({ extensions: [], resumeKey: undefined, resumedFrom: undefined })
})

test('shakeHands agrees on what both sides can do', async () => {
  const { agreement } = shaking([hello, success], { extensions: ['window', 'fin'] })
  expect((await agreement).extensions).toEqual(['window'])
})

test('shakeHands answers Hello with its own, which promises little for each channel', async () => {
  const { agreement, received } = shaking([hello, success], { windowBytes: 5000 })
  await agreement
  await until(() => received.length > 0, 'our Hello')
  expect(received).toMatchObject([{ type: MessageType.Hello, windowBytes: 4096 }])
})

test("shakeHands never grants less than the server's window, which the far end was granted", async () => {
  const { agreement } = shaking([hello, success], { windowBytes: 10 })
  expect(await agreement).toMatchObject({ windowBytes: 1000, peerWindowBytes: 1000, graceMs: 1500 })
})

test("shakeHands takes its own grace where the server's is longer", async () => {
  const { agreement } = shaking([hello, success], { graceMs: 1000 })
  expect(await agreement).toMatchObject({ graceMs: 1000 })
})

test('shakeHands sends Auth first where the query says nothing', async () => {
  const { agreement, received } = shaking([success], { reverse: true }, undefined, false)
  await agreement
  await until(() => received.length > 0, 'our Auth')
  expect(received).toMatchObject([{ type: MessageType.Auth, token: 't', reverse: true }])
})

test("shakeHands rejects with the server's reason when it refuses", async () => {
  const { agreement } = shaking([{ type: MessageType.AuthResponse, success: false, error: 'invalid token' }])
  await expect(agreement).rejects.toMatchObject({
    code: 'ERR_CLIENT_REFUSED',
    message: 'the server refused us: invalid token',
  })
})

test('shakeHands treats a close with 1008 as a refusal', async () => {
  const { agreement, far } = shaking([])
  far.close({ code: 1008, reason: 'bad token' })
  await expect(agreement).rejects.toMatchObject({ code: 'ERR_CLIENT_REFUSED' })
})

test('shakeHands treats any other close as a temporary failure', async () => {
  const { agreement, far } = shaking([])
  far.close({ code: 1001, reason: 'restarting' })
  await expect(agreement).rejects.toThrow('the peer closed the connection: restarting')
})

test('shakeHands names the message that should not have come', async () => {
  const { agreement } = shaking([{ type: MessageType.Partners, count: 1 }])
  await expect(agreement).rejects.toThrow('the server sent a message of type 0x0a where AuthResponse was expected')
})

test('shakeHands gives up at its deadline', async () => {
  const { agreement, clock } = shaking([], { handshakeTimeoutMs: 300 })
  clock.advance(300)
  await expect(agreement).rejects.toThrow('within 300 ms')
})

test('shakeHands asks to go on with the session of its resume key', async () => {
  const { agreement, received, far } = shaking([hello, success], {}, resumeKey())
  await until(() => received.length > 0, 'Resume')
  far.send(encode({ type: MessageType.Resumed, success: true, sequence: 5 }))
  expect((await agreement).resumedFrom).toBe(5)
  expect(received).toMatchObject([{ type: MessageType.Resume, secret: Uint8Array.of(4), sequence: 0 }])
})

test('shakeHands starts a new session when the server knows the old one no more', async () => {
  const { agreement, received, far } = shaking([hello, success], {}, resumeKey())
  await until(() => received.length > 0, 'Resume')
  far.send(encode({ type: MessageType.Resumed, success: false, sequence: 0, error: 'unknown' }))
  expect(await agreement).toMatchObject({ resumedFrom: undefined, resumeKey: { secret: Uint8Array.of(1, 2, 3) } })
  await until(() => received.length > 1, 'our Hello')
  expect(received[1]?.type).toBe(MessageType.Hello)
})

test('shakeHands does not resume where the server does not offer it', async () => {
  const base = { ...hello, extensions: ['window' as const] } as KnownMessage
  const { agreement, received } = shaking([base, success], {}, resumeKey())
  await agreement
  await turns(2)
  expect(received.map(({ type }) => type)).toEqual([MessageType.Hello])
})

test('openingOf is Auth, and Resume where there is a session to go on with', () => {
  const settings = resolveLinkSettings({ token: 't', reverse: true })
  const types = [undefined, resumeKey()].map((each) =>
    openingOf({ settings, token: 't', instance, resumeKey: each }).map((message) => decode(message).type),
  )
  expect(types).toEqual([[MessageType.Auth], [MessageType.Auth, MessageType.Resume]])
})

test('shakeHands says nothing twice where the opening was sent with the WebSocket', async () => {
  const resumed: KnownMessage = { type: MessageType.Resumed, success: true, sequence: 5 }
  const { agreement, received } = shaking([hello, success, resumed], {}, resumeKey(), false, true)
  expect((await agreement).resumedFrom).toBe(5)
  await turns(2)
  expect(received).toEqual([])
})

test('shakeHands continues with a new session when an early Resume is refused, even by a server without resume', async () => {
  const plain = { ...hello, extensions: ['window' as const] } as KnownMessage
  const refused: KnownMessage = { type: MessageType.Resumed, success: false, sequence: 0, error: 'unknown' }
  const { agreement, received } = shaking([plain, success, refused], {}, resumeKey(), false, true)
  expect(await agreement).toMatchObject({ extensions: ['window'], resumedFrom: undefined })
  await until(() => received.length > 0, 'our Hello')
  expect(received.map(({ type }) => type)).toEqual([MessageType.Hello])
})
