import { once } from 'node:events'
import { connect, createServer, type Socket, type AddressInfo } from 'node:net'
import type { Target } from '@ls/foundation'
import { FakeClock, turns, until } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import type { DirectConnection } from '../puncher.js'
import type { Invitation } from './invitation.js'
import { greeting } from './secure.js'
import { TcpAttempt } from './tcp-attempt.js'
import { TcpListener } from './tcp-listener.js'

interface End {
  readonly attempt: TcpAttempt
  readonly listener: TcpListener
  readonly clock: FakeClock
  readonly opened: DirectConnection[]
  readonly problems: string[]
}

/** One end that awaits a peer, or dials it. */
function end({ port = 0, admits = (_place: Target): boolean => true } = {}): End {
  const clock = new FakeClock()
  const problems: string[] = []
  const opened: DirectConnection[] = []
  const listener = new TcpListener({ port, onProblem: (text) => problems.push(text) })
  const onOpened = (connection: DirectConnection): void => void opened.push(connection)
  const attempt = new TcpAttempt({ clock, listener, admits, onOpened })
  onTestFinished(() => {
    attempt.close()
    for (const { transport } of opened) transport.destroy()
  })
  return { attempt, listener, clock, opened, problems }
}

const hosts = ['127.0.0.1']

/** Whether a program listens there. */
async function listens({ host, port }: Target): Promise<boolean> {
  const socket = connect({ host, port })
  const answered = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false)
  socket.destroy()
  return answered
}

/** Bytes that a port of another program receives from an end that dials it. */
async function strangePort(answer: string): Promise<{ place: Target; received: Buffer[]; sockets: Socket[] }> {
  const received: Buffer[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('data', (chunk: Buffer) => received.push(chunk)).on('error', () => {})
    socket.write(answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { place: { host: '127.0.0.1', port: (server.address() as AddressInfo).port }, received, sockets }
}

const stranger: Omit<Invitation, 'places'> = { id: '0'.repeat(32), secret: Buffer.alloc(32) }

test('TcpAttempt opens a connection that both ends describe alike', async () => {
  const [near, far] = [end(), end()]
  near.attempt.dial(await far.attempt.invitation(hosts))
  await Promise.all([near.attempt.opened, far.attempt.opened])
  expect(near.opened[0]?.binding).toBe(far.opened[0]?.binding)
})

test('TcpAttempt opens connections that differ in what identifies them', async () => {
  const [first, second, far] = [end(), end(), end()]
  const invitation = await far.attempt.invitation(hosts)
  for (const { attempt } of [first, second]) attempt.dial(invitation)
  await until(() => far.opened.length === 2, 'both connections')
  expect(new Set(far.opened.map(({ binding }) => binding)).size).toBe(2)
})

test('TcpAttempt carries messages both ways', async () => {
  const [near, far] = [end(), end()]
  near.attempt.dial(await far.attempt.invitation(hosts))
  await Promise.all([near.attempt.opened, far.attempt.opened])
  const got: string[] = []
  const [left, right] = [near.opened[0]!.transport, far.opened[0]!.transport]
  const noted = (message: Uint8Array): void => void got.push(Buffer.from(message).toString())
  for (const transport of [left, right])
    transport.setHandler({ onMessage: noted, onDrain: () => {}, onClose: () => {} })
  left.send(Buffer.from('there'))
  right.send(Buffer.from('back'))
  await until(() => got.length === 2, 'both messages')
  expect(got.toSorted()).toEqual(['back', 'there'])
})

test('TcpAttempt gets nothing with a wrong secret, and the right one still opens', async () => {
  const [wrong, near, far] = [end(), end(), end()]
  const { places, ...invitation } = await far.attempt.invitation(hosts)
  await wrong.attempt.invitation([])
  wrong.attempt.dial({ ...invitation, secret: stranger.secret, places })
  await expect(wrong.attempt.opened).rejects.toThrow('alert')
  near.attempt.dial({ ...invitation, places })
  await near.attempt.opened
  expect({ wrong: wrong.opened.length, near: near.opened.length }).toEqual({ wrong: 0, near: 1 })
})

test('TcpAttempt gets nothing with an unknown id', async () => {
  const [near, far] = [end(), end()]
  const { places } = await far.attempt.invitation(hosts)
  await near.attempt.invitation([])
  near.attempt.dial({ ...stranger, places })
  await expect(near.attempt.opened).rejects.toThrow('alert')
})

test('TcpAttempt sends nothing to a port that says nothing, and gives up after 10 s', async () => {
  const near = end()
  const { place, received, sockets } = await strangePort('')
  near.attempt.dial({ ...stranger, places: [place] })
  await until(() => sockets.length === 1, 'the connection')
  near.clock.advance(10_000)
  await expect(near.attempt.opened).rejects.toThrow('no TCP connection opened within 10000 ms')
  expect(received).toEqual([])
})

test('TcpAttempt sends nothing to a port that says something else', async () => {
  const near = end()
  const { place, received } = await strangePort('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n')
  await near.attempt.invitation([])
  near.attempt.dial({ ...stranger, places: [place] })
  await expect(near.attempt.opened).rejects.toThrow('is not the peer')
  expect(received).toEqual([])
})

test('TcpAttempt ends the connection to a program that only repeats the greeting', async () => {
  const near = end()
  const { place, sockets } = await strangePort(`${greeting.toString()}HTTP/1.1 400 Bad Request\r\n\r\n`)
  await near.attempt.invitation([])
  near.attempt.dial({ ...stranger, places: [place] })
  await expect(near.attempt.opened).rejects.toThrow('wrong version number')
  await until(() => sockets[0]?.destroyed === true, 'the end of the connection')
})

test('TcpAttempt dials only places that are admitted', async () => {
  const { place, sockets } = await strangePort('')
  const near = end({ admits: ({ port }) => port !== place.port })
  const far = end()
  const { places, ...invitation } = await far.attempt.invitation(hosts)
  near.attempt.dial({ ...invitation, places: [place, ...places] })
  await near.attempt.opened
  expect(sockets).toEqual([])
})

test('TcpAttempt dials the next place after 50 ms, while the first does not answer', async () => {
  const [near, far] = [end(), end()]
  const { place } = await strangePort('')
  const { places, ...invitation } = await far.attempt.invitation(hosts)
  near.attempt.dial({ ...invitation, places: [place, ...places] })
  near.clock.advance(49)
  await turns(5)
  const before = near.opened.length
  near.clock.advance(1)
  await near.attempt.opened
  expect({ before, opened: near.opened.length }).toEqual({ before: 0, opened: 1 })
})

test('TcpAttempt dials the next place without a wait where the first one fails', async () => {
  const [near, far] = [end(), end()]
  const { place } = await strangePort('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n')
  const { places, ...invitation } = await far.attempt.invitation(hosts)
  near.attempt.dial({ ...invitation, places: [place, ...places] })
  await near.attempt.opened
  expect(near.opened).toHaveLength(1)
})

test('TcpAttempt awaits the peer although its own dials have failed before', async () => {
  const [near, far] = [end(), end()]
  const { place, sockets } = await strangePort('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n')
  far.attempt.dial({ ...stranger, places: [place] })
  await until(() => sockets[0]?.destroyed === true, 'the end of the dial')
  near.attempt.dial(await far.attempt.invitation(hosts))
  await Promise.all([near.attempt.opened, far.attempt.opened])
  expect(far.opened).toHaveLength(1)
})

test('TcpAttempt gives up when its dials have failed and no address of it is told', async () => {
  const far = end()
  const { place, sockets } = await strangePort('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n')
  far.attempt.dial({ ...stranger, places: [place] })
  await until(() => sockets[0]?.destroyed === true, 'the end of the dial')
  await far.attempt.invitation([])
  await expect(far.attempt.opened).rejects.toThrow('is not the peer')
})

test('TcpAttempt.close closes the port and ends dials, and leaves connections that are up', async () => {
  const [near, far] = [end(), end()]
  const invitation = await far.attempt.invitation(hosts)
  near.attempt.dial(invitation)
  await Promise.all([near.attempt.opened, far.attempt.opened])
  for (const { attempt } of [near, far]) attempt.close()
  const ends: number[] = []
  const onClose = ({ code }: { code: number }): void => void ends.push(code)
  near.opened[0]!.transport.setHandler({ onMessage: () => {}, onDrain: () => {}, onClose })
  expect({ listens: await listens(invitation.places[0]!), ends }).toEqual({ listens: false, ends: [] })
})

test('TcpAttempt leaves the port open while another one awaits its peer', async () => {
  const first = end()
  const { clock, listener } = first
  const second = new TcpAttempt({ clock, listener, admits: () => true, onOpened: () => {} })
  const [place] = (await first.attempt.invitation(hosts)).places
  await second.invitation(hosts)
  first.attempt.close()
  const during = await listens(place!)
  second.close()
  expect({ during, after: await listens(place!) }).toEqual({ during: true, after: false })
})

test('TcpAttempt has no place where the port is in use, and says so', async () => {
  const { place } = await strangePort('')
  const near = end({ port: place.port })
  const { places } = await near.attempt.invitation(hosts)
  expect({ places, problems: near.problems }).toEqual({
    places: [],
    problems: [expect.stringContaining('EADDRINUSE') as string],
  })
})

test('TcpAttempt opens no port where the peer must not know an address', async () => {
  const near = end()
  expect((await near.attempt.invitation([])).places).toEqual([])
})

test('TcpAttempt ends a connection whose peer is silent for a minute', async () => {
  const [near, far] = [end(), end()]
  near.attempt.dial(await far.attempt.invitation(hosts))
  await Promise.all([near.attempt.opened, far.attempt.opened])
  const ends: string[] = []
  const onClose = ({ reason }: { reason: string }): void => void ends.push(reason)
  far.opened[0]!.transport.setHandler({ onMessage: () => {}, onDrain: () => {}, onClose })
  await turns(3)
  far.clock.advance(59_999)
  await turns(3)
  const before = [...ends]
  far.clock.advance(1)
  await until(() => ends.length > 0, 'the end')
  expect({ before, ends }).toEqual({ before: [], ends: ['the peer was silent for 60000 ms'] })
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['the beginning of a TLS handshake', Buffer.from('1603010200', 'hex')],
])('TcpListener ends a connection that sends %s', async (_what, bytes) => {
  const listener = new TcpListener({ port: 0, proofMs: 50, onProblem: () => {} })
  const guest = { ...stranger, onSocket: () => {} }
  onTestFinished(() => listener.dismiss(guest))
  const socket = connect({ host: hosts[0]!, port: (await listener.expect(guest))! })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {}).resume()
  socket.write(bytes)
  await until(() => socket.destroyed, 'the end of the connection')
  expect(socket.destroyed).toBe(true)
})

test('TcpListener ends the oldest stranger when there are 33', async () => {
  const far = end()
  const [place] = (await far.attempt.invitation(hosts)).places
  const strangers: Socket[] = []
  for (let count = 0; count < 33; count++) {
    const socket = connect(place!)
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {})
    strangers.push(socket)
    await once(socket, 'data')
  }
  await until(() => strangers[0]!.destroyed, 'the end of the oldest one')
  expect(strangers.filter(({ destroyed }) => destroyed)).toHaveLength(1)
})
