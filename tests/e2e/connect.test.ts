import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { freePort, seededBytes, seededDigest, socketEnd, tcpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { canRunSsh, SshServer } from '../stress/ssh-server.js'
import { Program } from './program.js'

/** Time for two programs to start on a busy machine. */
const programsTimeout = { timeout: 60_000 }
const binary = fileURLToPath(new URL('../../apps/cli/bin/linksocks.js', import.meta.url))

/** More than any buffer on the way can hold. */
const sessionBytes = 8 * 1024 * 1024

/** The URL of a server that has just started. */
async function startServer(): Promise<string> {
  const server = new Program('server', '-t', 'connect-token', '-H', '127.0.0.1', '-P', '0')
  return (await server.printed(/^listening: (\S+)/m))[1]!
}

/** Runs `linksocks connect` with `input`, which then ends. */
async function connectTo(target: string, input: string) {
  const url = await startServer()
  const child = spawn(process.execPath, [binary, 'connect', target, '-t', 'connect-token', '-u', url])
  afterTest(() => child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text))
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number]
  return { ...output, code }
}

describe('linksocks connect', programsTimeout, () => {
  test('passes on input and its end, prints the answer and ends', async () => {
    const target = closing(
      await tcpServer((socket) => {
        let heard = ''
        socket.on('data', (chunk) => (heard += String(chunk))).on('end', () => socket.end(`heard ${heard}`))
      }),
    )
    expect(await connectTo(`127.0.0.1:${target.port}`, 'hello')).toMatchObject({ code: 0, out: 'heard hello' })
  })

  test('ends with 1 where the target cannot be reached, and says why', async () => {
    const port = await freePort()
    const { code, err } = await connectTo(`127.0.0.1:${port}`, '')
    expect(`${code} ${err}`).toMatch(new RegExp(`^1 [^]*refused: 127\\.0\\.0\\.1:${port}`))
  })

  test('ends with 1 where the connection is reset', async () => {
    const target = closing(await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())))
    expect(await connectTo(`127.0.0.1:${target.port}`, 'hello')).toMatchObject({ code: 1, out: '' })
  })

  // Windows has no SIGTERM.
  test.skipIf(process.platform === 'win32')(
    'ends with 1 where it is stopped in the middle, and resets the target',
    async () => {
      const target = closing(await tcpServer((socket) => socket.write('a part')))
      const args = ['connect', `127.0.0.1:${target.port}`, '-t', 'connect-token', '-u', await startServer()]
      const child = spawn(process.execPath, [binary, ...args])
      afterTest(() => child.kill('SIGKILL'))
      await once(child.stdout, 'data')
      const end = Promise.all([...target.sockets].map((socket) => socketEnd(socket, { timeoutMs: 20_000 })))
      child.kill('SIGTERM')
      const [code] = (await once(child, 'close')) as [number]
      expect({ code, end: await end }).toEqual({ code: 1, end: ['ECONNRESET'] })
    },
  )

  // sshd is not installed on every machine.
  test.skipIf(!canRunSsh)('carries ssh as its ProxyCommand', async () => {
    const ssh = await SshServer.start()
    const proxy = `${process.execPath} ${binary} connect %h:%p -t connect-token -u ${await startServer()} --log-level error`
    const session = ssh.openEchoBy(proxy)
    session.end(seededBytes(1).take(sessionBytes))
    expect(
      createHash('sha256')
        .update(await buffer(session))
        .digest('hex'),
    ).toBe(seededDigest(1, sessionBytes))
  })

  test('names the mistake in a target', async () => {
    expect(await connectTo('nowhere', '')).toMatchObject({
      code: 2,
      err: expect.stringContaining('"nowhere" is not HOST:PORT') as string,
    })
  })
})
