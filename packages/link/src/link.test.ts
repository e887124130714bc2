import { decode, encode, type KnownMessage, type Message, MessageType, newChannelId } from '@ls/codec'
import { silentLogger } from '@ls/foundation'
import { Session } from '@ls/mux'
import { FakeClock, memoryTransportPair, type MemoryTransport, turns, until } from '@ls/testkit'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LinkOpener, LinkOptions, OpenLinkRequest } from './link-options.js'
import { Link } from './link.js'
import { type LinkSettings, resolveLinkSettings } from './settings.js'
import { ShownToken } from './shown-token.js'
import { UrgentDialler } from './urgent-dialler.js'

/** Reaction of a server to one attempt. */
type Answer = 'unreachable' | 'silent' | 'base' | 'extended' | 'refused' | 'relay' | 'urgent' | 'joined'

interface ServerEnd {
  readonly transport: MemoryTransport
  readonly received: Message[]
}

const sessionId = newChannelId()
const hello: KnownMessage = {
  type: MessageType.Hello,
  extensions: ['window', 'fin', 'resume'],
  windowBytes: 262_144,
  session: sessionId,
  secret: Uint8Array.of(1),
  graceSeconds: 60,
}
const urgentHello: KnownMessage = { ...hello, extensions: ['window', 'fin', 'resume', 'ack2', 'urgent'] }
const welcome: KnownMessage = { type: MessageType.AuthResponse, success: true }
const refusal: KnownMessage = { type: MessageType.AuthResponse, success: false, error: 'invalid token' }
const identified: KnownMessage = { ...welcome, token: 'given' }
const joined: KnownMessage = { type: MessageType.Resumed, success: true, sequence: 0 }
const scripts = {
  silent: [],
  base: [welcome],
  extended: [hello, welcome],
  refused: [refusal],
  relay: [identified],
  urgent: [urgentHello, welcome],
  joined: [urgentHello, welcome, joined],
}

interface Setting extends LinkSettings {
  /** @default false */
  readonly earlyData?: boolean
}

/** A link whose attempts get `answers` in turn, and then the last one repeatedly. */
function linking(
  answers: readonly Answer[],
  { earlyData = false, ...settings }: Setting = {},
  urgentDialler: LinkOptions['urgentDialler'] = (options) => new UrgentDialler(options),
) {
  const clock = new FakeClock()
  const requests: OpenLinkRequest[] = []
  const servers: ServerEnd[] = []
  const events: string[] = []
  const sessions: Session[] = []
  const open = (request: OpenLinkRequest): Promise<MemoryTransport> => {
    requests.push(request)
    request.signal.throwIfAborted()
    const answer = answers[Math.min(requests.length, answers.length) - 1] ?? 'unreachable'
    if (answer === 'unreachable') return Promise.reject(new Error('nothing listens there'))
    const [near, far] = memoryTransportPair()
    const received: Message[] = []
    far.setHandler({ onMessage: (bytes) => received.push(decode(bytes)), onDrain: () => {}, onClose: () => {} })
    for (const message of scripts[answer]) far.send(encode(message))
    servers.push({ transport: far, received })
    return Promise.resolve(near)
  }
  const opener: LinkOpener = { authenticated: !earlyData, earlyData, open }
  const resolved = resolveLinkSettings({ token: 't', clock, ...settings })
  const link = new Link({
    settings: resolved,
    token: new ShownToken({ settings: resolved, onChange: (token) => events.push(`token: ${token}`) }),
    instance: newChannelId(),
    opener,
    onMessage: () => {},
    makeSession: (options, handler) => new Session(options, handler),
    urgentDialler,
    sessionHandler: { onConnect: (channel) => channel.reject('forbidden: no') },
    onUp: (session, resumed) => {
      sessions.push(session)
      events.push(resumed ? 'resumed' : 'up')
    },
    onDown: (reason) => events.push(`down: ${reason}`),
    onFailed: () => {},
    onClosed: () => events.push('closed'),
    onEnd: (error) => events.push(`end: ${error.message}`),
  })
  links.push(link)
  link.start()
  return { link, clock, requests, servers, events, sessions }
}

const links: Link[] = []

// The upper end of the jitter, so that delays are whole numbers.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(1))
afterEach(() => {
  for (const link of links.splice(0)) link.close('the test is over')
  vi.restoreAllMocks()
})

/** Returns the delays between `count` attempts that fail. */
async function delays(clock: FakeClock, requests: readonly OpenLinkRequest[], count: number): Promise<number[]> {
  const found: number[] = []
  for (let attempt = 1; attempt <= count; attempt++) {
    await until(() => requests.length === attempt && clock.nextDueMs !== undefined, 'the next attempt to be planned')
    const delayMs = (clock.nextDueMs ?? 0) - clock.now()
    found.push(delayMs)
    clock.advance(delayMs)
  }
  return found
}

test('Link dials again after 250 ms, and then after twice as long each time', async () => {
  const { clock, requests } = linking(['unreachable'])
  expect(await delays(clock, requests, 6)).toEqual([250, 500, 1000, 2000, 4000, 5000])
})

test('Link starts over with 250 ms after a success', async () => {
  const { clock, requests, servers, events } = linking(['unreachable', 'unreachable', 'base', 'unreachable'])
  await delays(clock, requests, 2)
  await until(() => events.includes('up'), 'the link')
  servers[0]?.transport.cut()
  await until(() => clock.nextDueMs !== undefined && events.includes('closed'), 'the next attempt to be planned')
  expect((clock.nextDueMs ?? 0) - clock.now()).toBe(250)
})

test('Link is tried 250 ms after a grace in which every attempt failed', async () => {
  const { clock, requests, servers, events } = linking(['extended', 'unreachable'])
  await until(() => events.includes('up'), 'the link')
  servers[0]?.transport.cut()
  for (let attempt = 2; !events.includes('closed'); attempt++) {
    await until(() => requests.length === attempt && clock.nextDueMs !== undefined, 'the next attempt to be planned')
    clock.advance((clock.nextDueMs ?? 0) - clock.now())
  }
  const before = requests.length
  await until(() => requests.length === before && clock.nextDueMs !== undefined, 'the next attempt to be planned')
  const delayMs = (clock.nextDueMs ?? 0) - clock.now()
  expect(delayMs).toBeLessThanOrEqual(1000)
})

test('Link says how long it really waits', async () => {
  const lines: string[] = []
  const logger = { ...silentLogger, warn: (_fields: object, text: string) => void lines.push(text) }
  const { clock, requests } = linking(['unreachable'], { logger })
  await delays(clock, requests, 1)
  await until(() => lines.length === 2, 'the second line')
  expect(lines).toEqual([
    'no link: nothing listens there; trying again in 0.3 s',
    'no link: nothing listens there; trying again in 0.5 s',
  ])
})

test('Link ends at the first failure without reconnect', async () => {
  const { events, clock } = linking(['unreachable'], { reconnect: false })
  await until(() => events.length > 0, 'the end')
  expect({ events, pendingTimers: clock.pendingTimers }).toEqual({
    events: ['end: nothing listens there'],
    pendingTimers: 0,
  })
})

test('Link ends when an open link is lost without reconnect', async () => {
  const { events, servers } = linking(['base'], { reconnect: false })
  await until(() => events.includes('up'), 'the link')
  servers[0]?.transport.cut()
  await until(() => events.length === 4, 'the end')
  expect(events.slice(1)).toEqual(['closed', 'down: connection lost', 'end: the link was lost: connection lost'])
})

test('Link ends when an open session that could be resumed is lost without reconnect', async () => {
  const { events, servers, requests } = linking(['extended'], { reconnect: false })
  await until(() => events.includes('up'), 'the link')
  servers[0]?.transport.cut()
  await until(() => events.some((event) => event.startsWith('end')), 'the end')
  expect(requests).toHaveLength(1)
})

test('Link ends when its token is refused', async () => {
  const { events, clock } = linking(['refused'])
  await until(() => events.length > 0, 'the end')
  expect({ events, pendingTimers: clock.pendingTimers }).toEqual({
    events: ['end: the server refused us: invalid token'],
    pendingTimers: 0,
  })
})

test('Link tries again with retryAuth after its token was refused', async () => {
  const { events, clock } = linking(['refused', 'base'], { retryAuth: true })
  await until(() => clock.nextDueMs === 5000, 'the next attempt to be planned')
  clock.advance(5000)
  await until(() => events.length > 0, 'the link')
  expect(events).toEqual(['up'])
})

test('Link.retryNow dials immediately', async () => {
  const { link, clock, requests, events } = linking(['unreachable', 'base'])
  await until(() => clock.nextDueMs !== undefined, 'the next attempt to be planned')
  link.retryNow()
  await until(() => events.includes('up'), 'the link')
  expect({ requests: requests.length, now: clock.now() }).toEqual({ requests: 2, now: 0 })
})

test('Link.wanted dials immediately', async () => {
  const { link, clock, requests } = linking(['unreachable'])
  await delays(clock, requests, 4)
  await until(() => requests.length === 5 && clock.nextDueMs !== undefined, 'the next attempt to be planned')
  clock.advance(1000)
  link.wanted()
  expect(requests).toHaveLength(6)
})

test('Link.wanted tries no more than four times a second', async () => {
  const { link, clock, requests } = linking(['unreachable'])
  await delays(clock, requests, 4)
  await until(() => requests.length === 5 && clock.nextDueMs !== undefined, 'the next attempt to be planned')
  link.wanted()
  link.wanted()
  expect({ requests: requests.length, nextDueMsMinusNow: (clock.nextDueMs ?? 0) - clock.now() }).toEqual({
    requests: 5,
    nextDueMsMinusNow: 250,
  })
})

test('Link.wanted does not dial a server that refused the token', async () => {
  const { link, clock, requests } = linking(['refused'], { retryAuth: true })
  await until(() => clock.nextDueMs === 5000, 'the next attempt to be planned')
  clock.advance(4000)
  link.wanted()
  expect(requests).toHaveLength(1)
})

test('Link.retryNow during an attempt starts the next one directly after it', async () => {
  const { link, clock, requests } = linking(['silent', 'base'])
  await until(() => clock.nextDueMs === 10_000, 'the handshake')
  link.retryNow()
  clock.advance(10_000)
  await until(() => clock.nextDueMs === 10_000, 'the next attempt to be planned')
  clock.advance(0)
  expect(requests).toHaveLength(2)
})

test('Link.close forgets the attempt that was planned', async () => {
  const { link, clock } = linking(['unreachable'])
  await until(() => clock.nextDueMs !== undefined, 'the next attempt to be planned')
  link.close('enough')
  expect(clock.pendingTimers).toBe(0)
})

test('Link.close while the server is silent gives the WebSocket up and dials no more', async () => {
  const { link, clock, requests, events } = linking(['silent'])
  await until(() => requests.length === 1, 'the attempt')
  link.close('enough')
  clock.advance(1_000_000)
  await turns(5)
  expect({ requests: requests.length, events, pendingTimers: clock.pendingTimers }).toEqual({
    requests: 1,
    events: [],
    pendingTimers: 0,
  })
})

test('Link gives a server up that does not go on with the handshake', async () => {
  const { clock, requests } = linking(['silent'])
  await until(() => clock.nextDueMs === 10_000, 'the handshake')
  clock.advance(10_000)
  await until(() => clock.nextDueMs === 10_250, 'the next attempt to be planned')
  expect(requests).toHaveLength(1)
})

test('Link resumes its session over a new WebSocket immediately', async () => {
  const { events, servers, sessions, clock, requests } = linking(['extended'])
  await until(() => events.includes('up'), 'the link')
  servers[0]?.transport.cut()
  await until(() => (servers[1]?.received.length ?? 0) > 0, 'Resume')
  servers[1]?.transport.send(encode({ type: MessageType.Resumed, success: true, sequence: 0 }))
  await until(() => events.includes('resumed'), 'the session to go on')
  expect({ events, sameSession: sessions[1] === sessions[0], now: clock.now() }).toEqual({
    events: ['up', 'down: connection lost', 'resumed'],
    sameSession: true,
    now: 0,
  })
  expect(requests[1]?.resume !== undefined).toBe(true)
})

test('Link starts a new session when the server has forgotten the old one, whose channels end', async () => {
  const { events, servers, sessions } = linking(['extended'])
  await until(() => events.includes('up'), 'the link')
  servers[0]?.transport.cut()
  await until(() => (servers[1]?.received.length ?? 0) > 0, 'Resume')
  servers[1]?.transport.send(encode({ type: MessageType.Resumed, success: false, sequence: 0, error: 'unknown' }))
  await until(() => sessions.length === 2, 'the new session')
  expect({ events, state: sessions[0]?.state }).toEqual({
    events: ['up', 'down: connection lost', 'closed', 'up'],
    state: 'closed',
  })
})

test('Link tries every second while a session waits to be resumed', async () => {
  const { events, servers, clock } = linking(['extended', 'unreachable'])
  await until(() => events.includes('up'), 'the link')
  servers[0]?.transport.cut()
  await until(() => clock.nextDueMs === 1000, 'the next attempt to be planned')
  expect(clock.nextDueMs).toBe(1000)
})

test('Link sends Resume as early data behind Auth', async () => {
  const { events, servers, requests } = linking(['extended', 'silent'], { earlyData: true })
  await until(() => events.includes('up'), 'the link')
  servers[0]?.transport.cut()
  await until(() => requests.length === 2, 'the next attempt')
  expect(requests[1]?.firstMessages.map((message) => decode(message).type)).toEqual([
    MessageType.Auth,
    MessageType.Resume,
  ])
})

test('Link comes back within a second when a base server may still believe in its channels, and tells it', async () => {
  const { clock, servers, events, sessions } = linking(['base'])
  await until(() => events.includes('up'), 'the link')
  const channel = sessions[0]?.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } })
  servers[0]?.transport.cut()
  await until(() => clock.nextDueMs !== undefined && events.includes('closed'), 'the next attempt to be planned')
  clock.advance(1000)
  await until(() => servers[1]?.received.some(({ type }) => type === MessageType.Disconnect) === true, 'the Disconnect')
  expect(servers[1]?.received.at(-1)).toEqual({
    type: MessageType.Disconnect,
    channelId: channel?.id,
    error: 'failed: the link was lost',
  })
})

/** Returns the tokens of the attempts. */
const shown = (requests: readonly OpenLinkRequest[]): string[] => requests.map(({ token }) => token)

const anonymous: LinkSettings = { token: 'anonymous', reverse: true }

/** Moves the clock until a condition is true. */
const untilLater = (clock: FakeClock, condition: () => boolean): Promise<void> =>
  until(() => {
    if (!condition()) clock.advance(10)
    return condition()
  }, 'what is waited for')

test('Link of a provider without a token reconnects with the token that the server gave it', async () => {
  const { clock, requests, servers, events } = linking(['relay'], anonymous)
  await until(() => events.includes('up'), 'the link')
  servers[0]?.transport.destroy()
  await untilLater(clock, () => requests.length === 2)
  expect(shown(requests)).toEqual(['anonymous', 'given'])
})

test('Link of a provider without a token begins with the one that was kept', async () => {
  const { requests, events } = linking(['relay'], { ...anonymous, serverToken: 'kept' })
  await until(() => events.includes('up'), 'the link')
  expect(shown(requests)).toEqual(['kept'])
})

test('Link of a provider without a token comes anew where the server has forgotten the token that it gave', async () => {
  const { clock, requests, events } = linking(['refused', 'relay'], { ...anonymous, serverToken: 'kept' })
  await untilLater(clock, () => events.includes('up'))
  expect(shown(requests)).toEqual(['kept', 'anonymous'])
})

test('Link ends where the server refuses it without a token', async () => {
  const { events } = linking(['refused'], anonymous)
  await until(() => events.length > 0, 'the end')
  expect(events).toEqual(['end: the server refused us: invalid token'])
})

test('Link with a token of its own sends that one, whatever the server gives', async () => {
  const { clock, requests, servers, events } = linking(['relay'], { reverse: true })
  await until(() => events.includes('up'), 'the link')
  servers[0]?.transport.destroy()
  await untilLater(clock, () => requests.length === 2)
  expect(shown(requests)).toEqual(['t', 't'])
})

/** A link with `urgent` whose server reports that urgent messages wait. */
async function lossyLink(...next: readonly Answer[]) {
  const linked = linking(['urgent', ...next])
  await until(() => linked.events.includes('up'), 'the link')
  linked.servers[0]?.transport.send(encode({ type: MessageType.Lossy }))
  await until(() => {
    linked.clock.advance(0)
    return linked.requests.length === 2
  }, 'the second WebSocket')
  return linked
}

test('Link joins its session with a second WebSocket when urgent messages wait', async () => {
  const { requests, servers, sessions } = await lossyLink('joined')
  const resume = (): Message | undefined => servers[1]?.received.find(({ type }) => type === MessageType.Resume)
  await until(() => sessions[0]?.hasUrgent === true && resume() !== undefined, 'the session to have it')
  expect({ requested: requests[1]?.resume, resume: resume() }).toEqual({
    requested: sessionId,
    resume: expect.objectContaining({ urgent: true }) as unknown,
  })
})

test('Link opens one second WebSocket for two requests while its code is loaded', async () => {
  let loaded: () => void = () => {}
  const code = new Promise<void>((resolve) => (loaded = resolve))
  const { clock, requests, servers, sessions, events } = linking(['urgent', 'joined'], {}, async (options) => {
    await code
    return new UrgentDialler(options)
  })
  await until(() => events.includes('up'), 'the link')
  for (let sent = 0; sent < 2; sent++) servers[0]?.transport.send(encode({ type: MessageType.Lossy }))
  await turns(10)
  loaded()
  await until(() => {
    clock.advance(0)
    return sessions[0]?.hasUrgent === true
  }, 'the second WebSocket')
  expect(requests).toHaveLength(2)
})

test('Link keeps its session when the server does not attach the second WebSocket', async () => {
  const { servers, events } = await lossyLink('refused')
  await until(() => servers.length === 2, 'the answer')
  await turns(10)
  expect(events).toEqual(['up'])
})

test('Link dials the second WebSocket again 20 s after a failure', async () => {
  const { clock, requests } = await lossyLink('unreachable')
  await turns(10)
  clock.advance(19_999)
  const before = requests.length
  clock.advance(1)
  expect({ before, requests: requests.length }).toEqual({ before: 2, requests: 3 })
})

test('Link.close forgets the second WebSocket that was planned', async () => {
  const { link, clock, requests } = await lossyLink('unreachable')
  await turns(10)
  link.close('done')
  clock.advance(60_000)
  expect(requests).toHaveLength(2)
})
