import { readFile, rm, writeFile } from 'node:fs/promises'
import { connect as connectTo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { echoServer, onceEvent } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { Program } from './program.js'
import { runProgram } from './run-program.js'
import { temporaryFolder } from './temporary-folder.js'

/**
 * Time for two programs to start, and for the first attempts to open a port after one, two and four seconds, in
 * milliseconds.
 */
const timeout = 60_000

async function socketFile(): Promise<string> {
  return join(await temporaryFolder(), 'proxy.sock')
}

/** Starts a program that listens at `file`; returns a function that ends it. */
async function occupy(file: string): Promise<() => Promise<unknown>> {
  const server = createServer().listen(file)
  await onceEvent(server, 'listening')
  const close = (): Promise<unknown> => new Promise((resolve) => server.close(resolve))
  afterTest(close)
  return close
}

/** Leaves a socket file behind, as a killed program does. */
async function leaveBehind(file: string): Promise<void> {
  const script = 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))'
  await runProgram(process.execPath, ['-e', script, file])
}

/** A server whose reverse port is `file`, and its provider. */
async function reverse(file: string): Promise<Program> {
  const places = ['-H', '127.0.0.1', '-P', '0', '--socks-listen', `unix:${file}`]
  const server = new Program('server', '-r', '-t', 'file-token', '--guard', 'none', ...places)
  const [, url = ''] = await server.printed(/^listening: (\S+)/m)
  await new Program('provider', '-t', 'file-token', '-u', url, '--guard', 'none').printed(/^linked: /m)
  return server
}

/** Sends a word to an echo server through the SOCKS port at `file`; resolves with the answer. */
async function askThrough(file: string): Promise<string> {
  const { port } = closing(await echoServer())
  const socket: Socket = connectTo({ path: file })
  afterTest(() => socket.destroy())
  socket.write(Uint8Array.of(5, 1, 0))
  await onceEvent(socket, 'data')
  socket.write(Uint8Array.of(5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255))
  await onceEvent(socket, 'data')
  socket.write('word')
  return String((await onceEvent(socket, 'data'))[0])
}

describe.skipIf(process.platform === 'win32')('the reverse port at a socket file', { timeout }, () => {
  test('that another program listens on opens once that program has ended, and the log says so', async () => {
    const file = await socketFile()
    const release = await occupy(file)
    const server = await reverse(file)
    await server.printed(/the proxy port cannot listen on unix:/)
    await release()
    await server.printed(/INFO: SOCKS port open for providers\s+path=/)
    expect(await askThrough(file)).toBe('word')
  })

  test('that is taken is reported in one line', async () => {
    const file = await socketFile()
    const release = await occupy(file)
    const server = await reverse(file)
    await server.printed(/the proxy port cannot listen on unix:/)
    await release()
    await server.printed(/^proxy: unix:/m)
    expect(server.output.match(/cannot listen/g)).toHaveLength(1)
  })

  test('that a killed program has left behind is replaced', async () => {
    const file = await socketFile()
    await leaveBehind(file)
    const server = await reverse(file)
    await server.printed(/^proxy: unix:/m)
    expect({ answer: await askThrough(file), errors: server.output.match(/ERROR/g) }).toEqual({
      answer: 'word',
      errors: null,
    })
  })

  test('that a program leaves behind while it is waited for is replaced', async () => {
    const file = await socketFile()
    const other = new Program('server', '-t', 'other', '-H', '127.0.0.1', '-P', '0', '--socks-listen', `unix:${file}`)
    await other.printed(/^listening: /m)
    const server = await reverse(file)
    await server.printed(/the proxy port cannot listen on unix:/)
    other.kill('SIGKILL')
    await server.printed(/^proxy: unix:/m)
    expect(await askThrough(file)).toBe('word')
  })

  test('that is no socket is kept, and opens once it is gone', async () => {
    const file = await socketFile()
    await writeFile(file, 'notes')
    const server = await reverse(file)
    await server.printed(/the proxy port cannot listen on unix:/)
    const kept = await readFile(file, 'utf8')
    await rm(file)
    await server.printed(/^proxy: unix:/m)
    expect(kept).toBe('notes')
  })
})

/** A client of a server of its own, whose proxy port or fixed port is at a socket file. */
async function client(...ports: string[]): Promise<Program> {
  const server = new Program('server', '-t', 'file-token', '-H', '127.0.0.1', '-P', '0', '--guard', 'none')
  const [, url = ''] = await server.printed(/^listening: (\S+)/m)
  return new Program('client', '-t', 'file-token', '-u', url, ...ports)
}

describe.skipIf(process.platform === 'win32')('a port of a client at a socket file', { timeout }, () => {
  test('that a killed program has left behind is replaced', async () => {
    const [proxy, fixed] = [await socketFile(), await socketFile()]
    await Promise.all([proxy, fixed].map(leaveBehind))
    const forward = ['--forward', `unix:${fixed}=127.0.0.1:9`]
    const program = await client('--socks-listen', `unix:${proxy}`, ...forward)
    await program.printed(/^forward: unix:/m)
    expect(await askThrough(proxy)).toBe('word')
  })

  test.each([
    ['the proxy port', (file: string) => ['--socks-listen', `unix:${file}`]],
    ['the fixed port', (file: string) => ['-p', '0', '--forward', `unix:${file}=127.0.0.1:9`]],
  ])('that another program listens on ends the client, which names %s', async (name, ports) => {
    const file = await socketFile()
    await occupy(file)
    const program = await client(...ports(file))
    expect({ code: await program.exit(), output: program.output }).toEqual({
      code: 1,
      output: expect.stringContaining(`${name} cannot listen on unix:${file}`) as string,
    })
  })
})
