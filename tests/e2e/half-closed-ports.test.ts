import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { connect as connectTo, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { freePort, onceEvent, seededBytes, seededDigest, tcpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, awaitedLater, closing } from '../stress/cleanup.js'
import { Program } from './program.js'
import { temporaryFolder } from './temporary-folder.js'

/** Time for up to two programs to start on a busy machine, in milliseconds. */
const timeout = 60_000
const bytes = 1_000_000
const binary = fileURLToPath(new URL('../../apps/cli/bin/linksocks.js', import.meta.url))

/** A port of a fixed target, or `linksocks connect`: opens a connection to the target at a port of this machine. */
type Way = (targetPort: number) => Promise<{ readonly input: Writable; readonly output: Readable }>

async function forwardServer(): Promise<string> {
  const server = new Program('server', '-t', 'half-token', '-H', '127.0.0.1', '-P', '0', '--guard', 'none')
  return (await server.printed(/^listening: (\S+)/m))[1] ?? ''
}

async function forwarded(place: string, targetPort: number): Promise<Program> {
  const spec = `${place}=127.0.0.1:${targetPort}`
  const client = new Program('client', '-t', 'half-token', '-u', await forwardServer(), '-p', '0', '--forward', spec)
  await client.printed(/^forward: /m)
  return client
}

/** A provider that exposes a target, and its server. */
async function exposed(
  place: string,
  targetPort: number,
  ...flags: string[]
): Promise<Record<'server' | 'provider', Program>> {
  const server = new Program('server', '-r', '-t', 'half-token', '-H', '127.0.0.1', '-P', '0', '-p', '0', ...flags)
  const [, url = ''] = await server.printed(/^listening: (\S+)/m)
  const spec = `${place}=127.0.0.1:${targetPort}`
  const provider = new Program('provider', '-t', 'half-token', '-u', url, '--guard', 'none', '--expose', spec)
  await provider.printed(/^exposed: /m)
  return { server, provider }
}

function dial(to: number | string): Socket {
  const place = typeof to === 'number' ? { port: to, host: '127.0.0.1' } : { path: to }
  const socket = connectTo({ ...place, allowHalfOpen: true })
  afterTest(() => socket.destroy())
  return socket
}

/** Resolves with all bytes until the end. It leaves the other direction open; an async iterator would close it. */
function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('end', () => resolve(Buffer.concat(chunks))).once('error', reject)
  })
}

function digestOf(all: Buffer): string {
  return createHash('sha256').update(all).digest('hex')
}

function both(socket: Socket) {
  return { input: socket, output: socket }
}

const ways: Record<string, Way> = {
  '--forward PORT': async (targetPort) => {
    const client = await forwarded('0', targetPort)
    return both(dial(Number((await client.printed(/^forward: 127\.0\.0\.1:(\d+)=/m))[1])))
  },
  '--forward unix:PATH': async (targetPort) => {
    const path = join(await temporaryFolder(), 'fixed.sock')
    await forwarded(`unix:${path}`, targetPort)
    return both(dial(path))
  },
  '--expose PORT': async (targetPort) => {
    const { provider } = await exposed('0', targetPort, '--allow-ports', '20000-29999')
    return both(dial(Number((await provider.printed(/^exposed: (\d+)=/m))[1])))
  },
  connect: async (targetPort) => {
    const child = spawn(
      process.execPath,
      [binary, 'connect', `127.0.0.1:${targetPort}`, '-t', 'half-token', '-u', await forwardServer()],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    afterTest(() => child.kill('SIGKILL'))
    return { input: child.stdin, output: child.stdout }
  },
}

/** Two of the ways need UNIX sockets or pipes, which Windows lacks. */
const names = Object.keys(ways).filter((name) => process.platform !== 'win32' || !/unix|connect/.test(name))

describe.each(names)('half-close through %s', { timeout }, (name) => {
  test('an answer after the end of the request comes whole', async () => {
    const target = closing(
      await tcpServer((socket) => {
        void readAll(socket)
          .then(digestOf)
          .then((digest) => {
            socket.write(`${digest} `)
            socket.end(seededBytes(2).take(bytes))
          })
          .catch(() => socket.destroy())
      }),
    )
    const { input, output } = await ways[name]!(target.port)
    input.end(seededBytes(1).take(bytes))
    const got = await readAll(output)
    expect({ request: got.toString('latin1', 0, 64), answer: digestOf(got.subarray(65)) }).toEqual({
      request: seededDigest(1, bytes),
      answer: seededDigest(2, bytes),
    })
  })

  test('the rest of a request after the end of the answer comes whole', async () => {
    let digest: Promise<string> | undefined
    const target = closing(
      await tcpServer((socket) => {
        digest = awaitedLater(readAll(socket).then(digestOf))
        socket.end('the answer')
      }),
    )
    const { input, output } = await ways[name]!(target.port)
    input.write('x')
    const answer = String(await readAll(output))
    input.end(seededBytes(1).take(bytes))
    expect({ answer, digest: await digest }).toEqual({
      answer: 'the answer',
      digest: digestOf(Buffer.concat([Buffer.from('x'), seededBytes(1).take(bytes)])),
    })
  })
})

test.each([
  ['the visitor', 'visitor'],
  ['the website', 'website'],
] as const)(
  'half-close of an upgraded connection through --expose http:NAME, by %s first',
  { timeout },
  async (_who, first) => {
    const site = createServer().on('upgrade', (_request, socket: Socket, head: Buffer) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n')
      if (first === 'website') socket.end('the answer')
      socket.unshift(head)
      void readAll(socket)
        .then(digestOf)
        .then((digest) => (first === 'website' ? onDigest(digest) : socket.end(digest)))
        .catch(() => socket.destroy())
    })
    let onDigest: (digest: string) => void = () => {}
    const atSite = new Promise<string>((resolve) => (onDigest = resolve))
    site.listen(0, '127.0.0.1')
    await onceEvent(site, 'listening')
    afterTest(() => site.close())
    const { port } = site.address() as { port: number }
    const flags = ['--allow-hosts', 'app.example', '--expose-http-port', String(await freePort())]
    await exposed('http:app.example', port, ...flags)
    const socket = dial(Number(flags[3]))
    socket.write('GET / HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n')
    if (first === 'visitor') socket.end(seededBytes(1).take(bytes))
    const got = String(await readAll(socket))
    if (first === 'website') socket.end(seededBytes(1).take(bytes))
    const digest = first === 'website' ? await atSite : got.slice(-64)
    expect({ digest, got }).toEqual({
      digest: seededDigest(1, bytes),
      got: expect.stringMatching(first === 'website' ? /\r\n\r\nthe answer$/ : /\r\n\r\n[0-9a-f]{64}$/) as string,
    })
  },
)
