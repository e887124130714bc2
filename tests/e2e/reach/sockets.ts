import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { freePort, within } from '@ls/testkit'
import { SocksReplyError } from '../../interop/socks-client.js'
import { type Target, tcpTarget } from './target.js'
import { failureWord, type Way } from './way.js'

/** Result of a conversation: the received bytes, and how it ended. */
interface Conversation {
  readonly bytes: string
  readonly end: 'FIN' | 'RST'
}

const large = Buffer.alloc(1_000_000, 'large')

/** Ends its side as soon as the other side has ended, as most clients do. */
function endBack(socket: Socket): void {
  socket.on('end', () => socket.end())
}

/** Reads everything up to the end; short texts stay as they are. */
export function converse(socket: Socket, talk: (socket: Socket) => void = endBack): Promise<Conversation> {
  const chunks: Buffer[] = []
  let end: Conversation['end'] = 'RST'
  const closed = new Promise<Conversation>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => (end = 'FIN'))
    socket.on('error', () => (end = 'RST'))
    socket.on('close', () => resolve({ bytes: summary(Buffer.concat(chunks)), end }))
  })
  talk(socket)
  return within(closed, 'the connection to close', { timeoutMs: 10_000 })
}

function summary(bytes: Buffer): string {
  if (bytes.length < 100) return bytes.toString('latin1')
  return `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`
}

/** Makes a target with this server and this client. */
function target(title: string, serve: (socket: Socket) => void, talk?: (socket: Socket) => void): Target {
  let port: Promise<number> | undefined
  const reach = async (way: Way): Promise<Conversation> => {
    const socket = await unlessReset(way.tcp('127.0.0.1', await (port ??= tcpTarget(serve))))
    return socket === undefined ? { bytes: '', end: 'RST' } : converse(socket, talk)
  }
  return { title, reach }
}

/** A reset may arrive so early that the connection counts as failed. */
async function unlessReset(dialled: Promise<Socket>): Promise<Socket | undefined> {
  try {
    return await dialled
  } catch (error) {
    const isReset = error instanceof SocksReplyError || (error as NodeJS.ErrnoException).code === 'ECONNRESET'
    if (isReset) return undefined
    throw error
  }
}

/** Calls `then` with all bytes of a client, once it has ended its side. */
function whole(socket: Socket, then: (bytes: Buffer) => void): void {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => then(Buffer.concat(chunks)))
}

function trickle(socket: Socket, text: string): void {
  const [first = ''] = text
  if (text.length <= 1) return void socket.end(first)
  socket.write(first, () => setTimeout(trickle, 2, socket, text.slice(1)))
}

async function refusal(way: Way): Promise<string> {
  try {
    const socket = await way.tcp('127.0.0.1', await freePort())
    socket.destroy()
    return 'reached'
  } catch (error) {
    return failureWord(error)
  }
}

/** Sockets that end, stop and break in every order. New for each run, with targets of its own. */
export function socketTargets(): Target[] {
  return [
    target('speaks first and ends', (socket) => void socket.end('hello')),
    target('ends before any data (FIN)', (socket) => void socket.end()),
    target(
      'ends at once, and reads on',
      (socket) => void socket.end().resume(),
      (socket) => {
        socket.end('late')
        endBack(socket)
      },
    ),
    target('one byte', (socket) => void socket.end('x')),
    target('bytes one by one', (socket) => trickle(socket, 'one by one')),
    target('1 MB down', (socket) => void socket.end(large)),
    target(
      '1 MB up, told by its digest',
      (socket) => whole(socket, (bytes) => socket.end(summary(bytes))),
      (socket) => socket.end(large),
    ),
    target(
      '1 MB both ways at once',
      (socket) => void socket.pipe(socket),
      (socket) => socket.end(large),
    ),
    target(
      'silent until it is spoken to',
      (socket) => void socket.once('data', () => socket.end('you spoke')),
      (socket) => {
        socket.write('hello?')
        endBack(socket)
      },
    ),
    target(
      'answers after the half-close of its client',
      (socket) => whole(socket, (bytes) => socket.end(`got ${bytes.toString()}`)),
      (socket) => socket.end('all I say'),
    ),
    target(
      'answers a client that says nothing and half-closes',
      (socket) => whole(socket, (bytes) => socket.end(`got ${bytes.length}`)),
      (socket) => socket.end(),
    ),
    halfClosing(),
    target('resets before any data', (socket) => socket.resetAndDestroy()),
    target(
      'resets after a request',
      (socket) => void socket.once('data', () => socket.resetAndDestroy()),
      (socket) => socket.write('request'),
    ),
    target(
      'resets in the middle of its answer',
      (socket) => {
        socket.write('part')
        socket.once('data', () => socket.resetAndDestroy())
      },
      (socket) => socket.once('data', () => socket.write('got it')),
    ),
    resetByClient(),
    { title: 'refuses', reach: refusal },
    target(
      'many short turns',
      (socket) => void socket.on('data', (chunk) => socket.write(chunk)).on('end', () => socket.end()),
      turnByTurn,
    ),
    literal('IPv6 literal', '::1'),
    literal('another address of loopback', '127.0.0.3'),
  ]
}

function later<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** The server ends first, and reports over another connection which bytes came after that. */
function halfClosing(): Target {
  const title = 'ends its side first and takes what still comes'
  return {
    title,
    async reach(way) {
      const received = later<string>()
      const port = await tcpTarget((socket) => {
        socket.end('bye')
        whole(socket, (bytes) => received.resolve(bytes.toString()))
      })
      const conversation = converse(await way.tcp('127.0.0.1', port), (socket) => {
        socket.on('end', () => socket.end('after your end'))
      })
      return [await conversation, await within(received.promise, 'the bytes behind the end')]
    },
  }
}

/** A client that breaks off must not look like one that has ended normally. */
function resetByClient(): Target {
  return {
    title: 'sees the reset of its client as one',
    async reach(way) {
      const ended = later<string>()
      const port = await tcpTarget((socket) => {
        socket.on('data', () => socket.write('go'))
        socket.on('end', () => ended.resolve('FIN')).on('error', () => ended.resolve('RST'))
      })
      const socket = await way.tcp('127.0.0.1', port)
      socket.on('error', () => {}).on('data', () => socket.resetAndDestroy())
      socket.write('hello')
      return within(ended.promise, 'the end at the target')
    },
  }
}

function turnByTurn(socket: Socket): void {
  let turn = 0
  socket.write('0')
  socket.on('data', () => {
    turn += 1
    if (turn < 50) socket.write(String(turn % 10))
    else socket.end()
  })
}

function literal(title: string, host: string): Target {
  return {
    title,
    async reach(way) {
      const port = await tcpTarget((socket) => void socket.end(`at ${host}`), host)
      return converse(await way.tcp(host, port))
    },
  }
}

/** Whether this machine has IPv6 on loopback. */
export function hasIpv6(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '::1', port: 1 })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
    socket.on('connect', () => resolve(socket.destroy() !== undefined))
  })
}
