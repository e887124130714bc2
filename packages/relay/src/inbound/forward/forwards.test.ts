import { createSocket, Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, silentLogger } from '@ls/foundation'
import { echoServer, FakeClock, freePort, onceEvent, tcpServer, until } from '@ls/testkit'
import { describe, expect, test, vi } from 'vitest'
import { afterTest, closing } from '../../../testing/cleanup.js'
import { sessionPair } from '../../../testing/session-pair.js'
import { ChannelSlots } from '../../channel-slots.js'
import { RateLimit } from '../../copy/rate-limit.js'
import { Outbound } from '../../outbound/outbound.js'
import { EntryRules } from '../../rules/entry-rules.js'
import type { Forward } from './forward-spec.js'
import { Forwards } from './forwards.js'
import type { PortForwardOptions } from './port-forward-options.js'

/** Opens fixed ports to targets of this machine. */
async function open(texts: readonly string[], logger: Logger = silentLogger): Promise<readonly Forward[]> {
  const outbound = new Outbound()
  const { near } = sessionPair((channel) => outbound.serve(channel))
  return closing(new Forwards(texts, { pick: () => near, logger })).listen()
}

function dial({ listenOn }: Forward): Socket {
  const socket = connect({ ...listenOn, allowHalfOpen: true })
  afterTest(() => socket.destroy())
  return socket
}

async function only(texts: readonly string[], logger?: Logger): Promise<Forward> {
  const [forward] = await open(texts, logger)
  return forward!
}

async function udpEcho(): Promise<number> {
  const socket = createSocket('udp4')
  socket.on('message', (payload, from) => socket.send(payload, from.port, from.address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  afterTest(() => socket.close())
  return socket.address().port
}

describe('Forwards over TCP', () => {
  test('connect a port with its target', async () => {
    const { port } = closing(await echoServer())
    const socket = dial(await only([`0=127.0.0.1:${port}`]))
    socket.write('ping')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('ping')
  })

  test('connect a UNIX socket with its target', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forward-'))
    afterTest(() => rm(folder, { recursive: true }))
    const { port } = closing(await echoServer())
    const socket = dial(await only([`unix:${folder}/a.sock=127.0.0.1:${port}`]))
    socket.write('ping')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('ping')
  })

  test('pass on the end of one direction, and the answer to it', async () => {
    const target = closing(await tcpServer((socket) => socket.on('end', () => socket.end('bye')).resume()))
    const socket = dial(await only([`0=127.0.0.1:${target.port}`]))
    socket.end('hello')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('bye')
  })

  test('pass on what a target says first', async () => {
    const target = closing(await tcpServer((socket) => socket.write('220 ready')))
    expect(String((await onceEvent(dial(await only([`0=127.0.0.1:${target.port}`])), 'data'))[0])).toBe('220 ready')
  })

  test('reset a connection whose target cannot be reached', async () => {
    const socket = dial(await only([`0=127.0.0.1:${await freePort()}`]))
    await expect(onceEvent(socket.resume(), 'error')).resolves.toMatchObject([{ code: 'ECONNRESET' }])
  })

  test('log which target cannot be reached', async () => {
    const lines: string[] = []
    const logger = { ...silentLogger, warn: (_fields: object, line: string) => void lines.push(line) }
    const port = await freePort()
    const socket = dial(await only([`0=127.0.0.1:${port}`], logger))
    await onceEvent(socket.resume(), 'error')
    expect(lines).toEqual([expect.stringContaining(`not reached: refused: 127.0.0.1:${port}`)])
  })

  test('open all ports or none', async () => {
    const taken = closing(await echoServer())
    const free = await freePort()
    await expect(open([`${free}=h:1`, `${taken.port}=h:1`])).rejects.toThrow(/the fixed port cannot listen on/)
    await expect(onceEvent(connect(free, '127.0.0.1'), 'error')).resolves.toMatchObject([{ code: 'ECONNREFUSED' }])
  })
})

describe('Forwards over UDP', () => {
  test('send each source the answers to its own datagrams', async () => {
    const forward = await only([`udp:0=127.0.0.1:${await udpEcho()}`])
    const { port } = forward.listenOn as { port: number }
    const answers = ['one', 'two'].map(async (text) => {
      const socket = createSocket('udp4')
      afterTest(() => socket.close())
      socket.send(text, port, '127.0.0.1')
      return String((await onceEvent(socket, 'message'))[0])
    })
    expect(await Promise.all(answers)).toEqual(['one', 'two'])
  })
})

/** A port that leads to an echo, and a program that sends it `ping`. */
async function sendTo(options: Partial<PortForwardOptions>): Promise<{ forwards: Forwards; ping(): Promise<string> }> {
  const outbound = new Outbound()
  const { near } = sessionPair((channel) => outbound.serve(channel))
  const init = { pick: () => near, logger: silentLogger, ...options }
  const forwards = closing(new Forwards([`udp:0=127.0.0.1:${await udpEcho()}`], init))
  const [forward] = await forwards.listen()
  const { port } = forward!.listenOn as { port: number }
  const ping = async (): Promise<string> => {
    const socket = createSocket('udp4')
    afterTest(() => socket.close())
    socket.send('ping', port, '127.0.0.1')
    return String((await onceEvent(socket, 'message'))[0])
  }
  return { forwards, ping }
}

/** Sends a datagram to a port with these options; resolves with the resulting log line. */
function warningOf(options: Partial<PortForwardOptions>): Promise<string> {
  return new Promise((resolve, reject) => {
    const logger: Logger = { ...silentLogger, warn: (_fields, line = '') => resolve(line) }
    // Nothing answers.
    sendTo({ ...options, logger }).then(({ ping }) => void ping().catch(() => {}), reject)
  })
}

test('Forwards over UDP drop datagrams from port 0, which cannot be answered', async () => {
  const bind = vi.spyOn(UdpSocket.prototype, 'bind')
  afterTest(() => bind.mockRestore())
  const pick = vi.fn<PortForwardOptions['pick']>(() => Promise.reject(new Error('none')))
  await closing(new Forwards(['udp:0=127.0.0.1:53'], { pick, logger: silentLogger })).listen()
  const [socket] = bind.mock.contexts as UdpSocket[]
  for (const port of [0, 1]) socket?.emit('message', Buffer.of(1), { address: '127.0.0.1', port })
  await until(() => pick.mock.calls.length > 0, 'a channel to be asked for')
  expect(pick).toHaveBeenCalledOnce()
})

test('Forwards over UDP drop datagrams beyond a rate', async () => {
  const rate = new RateLimit({ clock: new FakeClock(), bytesPerSecond: 1000 })
  const takeNow = vi.spyOn(rate, 'takeNow').mockReturnValue(true).mockReturnValueOnce(false)
  const { ping } = await sendTo({ pace: { sending: rate } })
  const dropped = vi.fn()
  void ping().then(dropped)
  await until(() => takeNow.mock.calls.length === 1, 'the first datagram')
  expect({ ping: await ping(), calls: dropped.mock.calls }).toEqual({ ping: 'ping', calls: [] })
})

describe('Forwards over UDP, with a limit', () => {
  test('count each source until the port closes', async () => {
    const slots = new ChannelSlots({ limit: 1, what: 'channels' })
    const { forwards, ping } = await sendTo({ slots })
    await ping()
    const { used } = slots
    await forwards.close()
    expect({ used, slots: slots.used }).toEqual({ used: 1, slots: 0 })
  })

  test('drop datagrams of sources beyond it, and log why', async () => {
    const slots = new ChannelSlots({ limit: 0, what: 'channels' })
    expect(await warningOf({ slots })).toBe('not reached: busy: the limit of 0 channels is reached')
  })

  test('give the place of a source without an answer to a new one, and keep those with an answer', async () => {
    const target = createSocket('udp4')
    const ports: number[] = []
    target.on('message', (payload, from) => {
      ports.push(from.port)
      if (String(payload) === 'ping') target.send(payload, from.port, from.address)
    })
    target.bind(0, '127.0.0.1')
    await once(target, 'listening')
    afterTest(() => target.close())
    const outbound = new Outbound()
    const { near } = sessionPair((channel) => outbound.serve(channel))
    const text = `udp:0=127.0.0.1:${target.address().port}`
    const forwards = closing(new Forwards([text], { pick: () => near, logger: silentLogger, maxSources: 2 }))
    const [forward] = await forwards.listen()
    const { port } = forward!.listenOn as { port: number }
    const sources = Array.from({ length: 4 }, () => createSocket('udp4'))
    afterTest(() => sources.forEach((source) => source.close()))
    const [user, mute, later, last] = sources as [UdpSocket, UdpSocket, UdpSocket, UdpSocket]
    const ping = async (source: UdpSocket): Promise<string> => {
      const answered = once(source, 'message')
      source.send('ping', port, '127.0.0.1')
      return String((await answered)[0])
    }
    await ping(user)
    mute.send('mute', port, '127.0.0.1')
    await until(() => ports.length === 2, 'the second source')
    await ping(later)
    last.send('last', port, '127.0.0.1')
    expect({ again: await ping(user), sources: new Set(ports).size }).toEqual({ again: 'ping', sources: 3 })
  })

  test('reach no target that the rules do not allow', async () => {
    const entryRules = new EntryRules(['10.0.0.0/8:53'])
    expect(await warningOf({ entryRules })).toMatch(
      /^not reached: forbidden: 127\.0\.0\.1:\d+ is not among the allowed/,
    )
  })
})

describe('Forwards.change', () => {
  const open = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forwards-'))
    afterTest(() => rm(folder, { recursive: true }))
    const target = closing(await echoServer())
    const text = (name: string): string => `unix:${join(folder, name)}=127.0.0.1:${target.port}`
    const outbound = new Outbound()
    const { near } = sessionPair((channel) => outbound.serve(channel))
    const forwards = closing(new Forwards([text('a')], { pick: () => near, logger: silentLogger }))
    const [first] = await forwards.listen()
    return { forwards, text, first: first! }
  }

  test('opens new ports, and keeps connections of those that are gone', async () => {
    const { forwards, text, first } = await open()
    const socket = dial(first)
    socket.write('x')
    await onceEvent(socket, 'data')
    const change = await forwards.change([text('b')])
    change.commit()
    socket.write('still')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('still')
    expect(String((await onceEvent(dial(first), 'error'))[0])).toMatch(/ENOENT/)
  })

  test('closes again what it opened', async () => {
    const { forwards, text } = await open()
    const change = await forwards.change([text('a'), text('b')])
    const [added] = change.opened
    change.undo()
    expect(String((await onceEvent(dial(added!), 'error'))[0])).toMatch(/ENOENT/)
  })
})
