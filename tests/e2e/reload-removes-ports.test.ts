import { writeFile } from 'node:fs/promises'
import { connect as connectTo, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, hashServer, onceEvent, seededBytes, seededDigest, socketEnd } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { type Cleanup, cleanupOf } from '../stress/cleanup.js'
import { Program } from './program.js'
import { temporaryFolder } from './temporary-folder.js'

/** Windows has no SIGHUP. */
const skip = process.platform === 'win32'
/** Time for a program with a server and a client to start on a busy machine, in milliseconds. */
const timeout = 60_000
const bytes = 4_000_000

type Kind = (typeof kinds)[number]
const kinds = ['proxy port of a server', 'proxy port of a client', 'fixed port of a client'] as const

/** A running program whose file has two ports of each kind; `removeFirst` removes the first of each from the file. */
async function running(target: { readonly port: number }, { afterTest }: Cleanup) {
  const file = join(await temporaryFolder(afterTest), 'linksocks.yaml')
  const wsPort = await freePort()
  const ports: Record<Kind, readonly [number, number]> = {
    'proxy port of a server': [await freePort(), await freePort()],
    'proxy port of a client': [await freePort(), await freePort()],
    'fixed port of a client': [await freePort(), await freePort()],
  }
  const write = (from: 0 | 1): Promise<void> => {
    const placesOf = (kind: Kind): string[] => ports[kind].slice(from).map((port) => `127.0.0.1:${port}`)
    const main = { 'ws-host': '127.0.0.1', 'ws-port': wsPort, 'socks-listen': placesOf('proxy port of a server') }
    const user = {
      url: `ws://127.0.0.1:${wsPort}`,
      token: 'my_token',
      'socks-listen': placesOf('proxy port of a client'),
      forward: placesOf('fixed port of a client').map((place) => `${place}=127.0.0.1:${target.port}`),
    }
    const roles = { servers: { main: { ...main, token: 'my_token', guard: 'none' } }, clients: { user } }
    return writeFile(file, JSON.stringify(roles), { mode: 0o600 })
  }
  await write(0)
  const program = new Program({ endLater: afterTest }, 'run', '--config', file)
  await program.printed(new RegExp(`forward: 127.0.0.1:${ports['fixed port of a client'][1]}=`))
  const removeFirst = async (): Promise<void> => {
    await write(1)
    program.kill('SIGHUP')
    await program.printed(/the configuration was read again/)
  }
  /** A connection to the target through the first or second port of a kind. */
  const through = async (kind: Kind, which: 0 | 1): Promise<Socket> => {
    const port = ports[kind][which]
    const socket =
      kind === 'fixed port of a client'
        ? connectTo({ port, host: '127.0.0.1', allowHalfOpen: true })
        : await throughProxy(port)
    afterTest(() => socket.destroy())
    return socket
  }
  const throughProxy = (port: number): Promise<Socket> =>
    connect({ proxy: { host: '127.0.0.1', port }, target: { host: '127.0.0.1', port: target.port } })
  return { program, removeFirst, through, portOf: (kind: Kind) => ports[kind][0] }
}

async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  return String((await onceEvent(socket, 'data'))[0])
}

describe.skipIf(skip).each(kinds)('a reload that removes the %s', { concurrent: true, timeout }, (kind) => {
  test('lets its idle connections go on', async (context) => {
    const cleanup = cleanupOf(context)
    const { removeFirst, through } = await running(cleanup.closing(await echoServer()), cleanup)
    const socket = await through(kind, 0)
    const before = await echoed(socket, 'before')
    await removeFirst()
    expect({ before, after: await echoed(socket, 'after') }).toEqual({ before: 'before', after: 'after' })
  })

  test('lets an upload through it end whole', async (context) => {
    const cleanup = cleanupOf(context)
    const { removeFirst, through } = await running(cleanup.closing(await hashServer()), cleanup)
    const socket = await through(kind, 0)
    const source = seededBytes(7)
    socket.write(source.take(bytes / 2))
    await removeFirst()
    socket.end(source.take(bytes / 2))
    expect(String((await onceEvent(socket, 'data'))[0])).toBe(seededDigest(7, bytes))
  })

  test('refuses new connections there, and takes them at the port that stays', async (context) => {
    const cleanup = cleanupOf(context)
    const { removeFirst, through, portOf } = await running(cleanup.closing(await echoServer()), cleanup)
    const open = await through(kind, 0)
    await echoed(open, 'before')
    await removeFirst()
    const late = connectTo(portOf(kind), '127.0.0.1')
    const refusal = await onceEvent(late, 'error')
    expect({ refusal, kept: await echoed(await through(kind, 1), 'kept') }).toMatchObject({
      refusal: [{ code: 'ECONNREFUSED' }],
      kept: 'kept',
    })
  })

  test('leaves connections that the end of the program resets', async (context) => {
    const cleanup = cleanupOf(context)
    const { program, removeFirst, through } = await running(cleanup.closing(await echoServer()), cleanup)
    const socket = await through(kind, 0)
    await echoed(socket, 'before')
    await removeFirst()
    // Connections get 5 s to finish.
    const end = socketEnd(socket, { timeoutMs: 15_000 })
    program.kill('SIGINT')
    expect({ end: await end, code: await program.exit() }).toEqual({ end: 'ECONNRESET', code: 0 })
  })
})
