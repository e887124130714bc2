import { decode, encode, type KnownMessage, type Message, MessageType, newChannelId } from '@ls/codec'
import { Session } from '@ls/mux'
import { FakeClock, memoryTransportPair, type MemoryTransport, turns, until } from '@ls/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Link } from './link.js'
import { MovingLink, type MovingLinkOptions } from './moving-link.js'
import { resolveLinkSettings } from './settings.js'
import { ShownToken } from './shown-token.js'

const welcome: KnownMessage = { type: MessageType.AuthResponse, success: true }
const refusal: KnownMessage = { type: MessageType.AuthResponse, success: false, error: 'no' }
const relink = encode({ type: MessageType.Relink })

function hello(): KnownMessage {
  const ids = { session: newChannelId(), secret: Uint8Array.of(1), graceSeconds: 60 }
  return { type: MessageType.Hello, extensions: ['window', 'fin', 'resume'], windowBytes: 4096, ...ids }
}

interface LinkedOptions {
  /**
   * The server accepts that many attempts and refuses all others; or it accepts those whose entry is true, and does not
   * answer the others.
   */
  readonly welcomes?: number | readonly boolean[]
  /** Time until the link leaves, in milliseconds. */
  readonly leaveMs?: number
  /** Whether the first link is a plain one, which a moving one takes over. */
  readonly takesOver?: boolean
}

async function linked({ welcomes = Infinity, leaveMs, takesOver = false }: LinkedOptions = {}) {
  const servers: { readonly transport: MemoryTransport; readonly received: Message[] }[] = []
  const [events, sessions]: [string[], Session[]] = [[], []]
  const clock = new FakeClock()
  const settings = resolveLinkSettings({ token: 't', clock })
  const options: MovingLinkOptions = {
    settings,
    token: new ShownToken({ settings, onChange: () => {} }),
    instance: newChannelId(),
    opener: {
      authenticated: true,
      open: async () => {
        const [near, transport] = memoryTransportPair()
        const received: Message[] = []
        transport.setHandler({ onMessage: (bytes) => received.push(decode(bytes)), onDrain() {}, onClose() {} })
        const accepted = [hello(), welcome]
        const asNumber = servers.length < Number(welcomes) ? accepted : [refusal]
        const answers = typeof welcomes === 'number' ? asNumber : welcomes[servers.length] ? accepted : []
        for (const answer of answers) transport.send(encode(answer))
        servers.push({ transport, received })
        return near
      },
    },
    makeLink: (linkOptions) => new Link(linkOptions),
    makeSession: (sessionOptions, handler) => new Session(sessionOptions, handler),
    sessionHandler: {},
    leave: leaveMs === undefined ? undefined : { afterMs: leaveMs, relink },
    onMessage: () => events.push('message'),
    onUp: (session) => sessions.push(session),
    onReplaced: () => events.push('replaced'),
    onDown: () => events.push('down'),
    onFailed: () => events.push('failed'),
    onClosed: () => events.push('closed'),
    onEnd: () => events.push('end'),
  }
  const first = takesOver ? new Link(options) : new MovingLink(options)
  first.start()
  await until(() => sessions.length === 1, 'the first session')
  const link = first instanceof Link ? new MovingLink(options, first) : first
  onTestFinished(() => link.close('the test is over'))
  return { link, servers, events, sessions, clock }
}

/** Accepts an attempt that had no answer: the server resumes the session. */
function answerResume(server: { readonly transport: MemoryTransport } | undefined): void {
  const resumed: KnownMessage = { type: MessageType.Resumed, success: true, sequence: 0 }
  for (const message of [hello(), welcome, resumed]) server?.transport.send(encode(message))
}

/** A link that has moved because its server requested it. */
async function moved() {
  const all = await linked()
  all.servers[0]?.transport.send(relink)
  await until(() => all.sessions.length === 2, 'the second session')
  return all
}

describe('MovingLink', () => {
  test('begins a second session when its server asks for it, and keeps the first', async () => {
    const { link, sessions, events } = await moved()
    expect({ session: link.session, sessions: link.sessions, events }).toEqual({
      session: sessions[1],
      sessions: [sessions[1], sessions[0]],
      events: ['replaced'],
    })
  })

  test('tells the server in the first session that there is another', async () => {
    const { servers } = await moved()
    const answered = (): boolean => servers[0]?.received.some(({ type }) => type === MessageType.Relink) === true
    await until(answered, 'the answer')
    expect(servers[1]?.received.map(({ type }) => type)).not.toContain(MessageType.Relink)
  })

  test('continues when the server ends the first session', async () => {
    const { link, sessions, servers, events } = await moved()
    servers[0]?.transport.close({ code: 4000, reason: 'drained' })
    await until(() => sessions[0]?.state === 'closed', 'the end of the first session')
    expect({ isUp: link.isUp, sessions: link.sessions, events }).toEqual({
      isUp: true,
      sessions: [sessions[1]],
      events: ['replaced', 'closed'],
    })
  })

  test('stays where it is when the other process refuses it', async () => {
    const { link, servers, events, sessions } = await linked({ welcomes: 1 })
    servers[0]?.transport.send(relink)
    await until(() => servers.length === 2, 'the second attempt')
    expect({ sessions: link.sessions, events }).toEqual({ sessions: [sessions[0]], events: [] })
  })

  test('goes on to move when its session is resumed before the other process answers', async () => {
    const { link, servers, sessions } = await linked({ welcomes: [true, false, false] })
    servers[0]?.transport.send(relink)
    await until(() => servers.length === 2, 'the attempt to move')
    servers[0]?.transport.destroy()
    await until(() => servers.length === 3, 'the attempt to resume')
    answerResume(servers[2])
    await until(() => link.isUp, 'the first session')
    for (const message of [hello(), welcome]) servers[1]?.transport.send(encode(message))
    await until(() => link.sessions.length === 2, 'the second session')
    expect(link.session).not.toBe(sessions[0])
  })

  test('moves a running link that it takes over, and keeps its session', async () => {
    const { link, servers, sessions, events } = await linked({ takesOver: true })
    link.move(sessions[0]!, relink)
    await until(() => sessions.length === 2, 'the second session')
    const answered = (): boolean => servers[0]?.received.some(({ type }) => type === MessageType.Relink) === true
    await until(answered, 'the answer')
    expect({ sessions: link.sessions, events }).toEqual({ sessions: [sessions[1], sessions[0]], events: ['replaced'] })
  })

  test('does not move for a session that is over', async () => {
    const { link, servers } = await linked()
    link.move(new Session({}), relink)
    await turns(10)
    expect(servers).toHaveLength(1)
  })

  test('begins one session for two requests', async () => {
    const { link, servers, sessions } = await linked()
    servers[0]?.transport.send(relink)
    servers[0]?.transport.send(relink)
    await until(() => sessions.length === 2, 'the second session')
    expect({ servers: servers.length, sessions: link.sessions.length }).toEqual({ servers: 2, sessions: 2 })
  })

  test('moves again while its first session has channels', async () => {
    const { link, servers, sessions } = await moved()
    servers[1]?.transport.send(relink)
    await until(() => sessions.length === 3, 'the third session')
    expect(link.sessions).toEqual([sessions[2], sessions[0], sessions[1]])
  })

  /** A link whose server is lost, and whose attempt to resume gets no answer for 2 s. */
  async function silent(welcomes: readonly boolean[]) {
    const all = await linked({ welcomes, leaveMs: 2000 })
    const stream = all.sessions[0]!.open({ protocol: 'tcp', address: { host: 'a', port: 1 } })
    all.servers[0]?.transport.destroy()
    await until(() => all.servers.length === 2, 'the attempt to resume')
    all.clock.advance(2000)
    return { ...all, stream }
  }

  test('begins a second session while its server is silent, and keeps the first', async () => {
    const { link, sessions } = await silent([true, false, true])
    await until(() => sessions.length === 2, 'the second session')
    expect(link.sessions).toEqual([sessions[1], sessions[0]])
  })

  /** A link that has left a silent server, which is back; the session has no channel any more. */
  async function left() {
    const all = await silent([true, false, true])
    await until(() => all.sessions.length === 2, 'the second session')
    answerResume(all.servers[1])
    await until(() => all.sessions[0]?.state === 'linked', 'the first session')
    all.stream.abort('done')
    all.clock.advance(1000)
    return all
  }

  test('tells a server that is back that there is another session, and lets it end the first', async () => {
    const { link, servers, sessions } = await left()
    const isTold = (): boolean => servers[1]?.received.some(({ type }) => type === MessageType.Relink) === true
    await until(isTold, 'the word to the first server')
    const before = link.sessions
    servers[1]?.transport.close({ code: 4000, reason: 'the client has a session at another node' })
    await until(() => sessions[0]?.state === 'closed', 'the end of the first session')
    expect({ before, after: link.sessions }).toEqual({ before: [sessions[1], sessions[0]], after: [sessions[1]] })
  })

  test('closes the first session when its server does not end it', async () => {
    const { link, sessions, clock } = await left()
    clock.advance(4000)
    const before = sessions[0]?.state
    clock.advance(1000)
    expect({ before, sessions: link.sessions }).toEqual({ before: 'linked', sessions: [sessions[1]] })
  })

  test('stays when its session is resumed before another server answers', async () => {
    const { link, servers, sessions } = await silent([true, false, false])
    await until(() => servers.length === 3, 'the attempt for a second session')
    answerResume(servers[1])
    await until(() => link.isUp, 'the first session')
    expect(link.sessions).toEqual([sessions[0]])
  })
})
