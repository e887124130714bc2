import { once } from 'node:events'
import { createServer } from 'node:net'
import { freePort, httpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { curl, hasCurl } from './curl.js'
import { Program } from './program.js'

/** Fetches a page through a SOCKS port on this machine. */
async function fetchThrough(socksPort: number): Promise<string> {
  const http = closing(await httpServer())
  const { body, error } = await curl('--socks5-hostname', `127.0.0.1:${socksPort}`, http.url)
  return body + error
}

describe.skipIf(!hasCurl)('the command lines of the README', () => {
  test('forward: server -t, client -t -u -p', async () => {
    const [ws, socks] = [await freePort(), await freePort()]
    // The page is on this machine.
    const server = new Program('server', '-t', 'example_token', '-P', String(ws), '--guard', 'none')
    await server.printed(/listening|server/i)
    const client = new Program('client', '-t', 'example_token', '-u', `ws://127.0.0.1:${ws}`, '-p', String(socks))
    await client.printed(new RegExp(`:${socks}`))
    expect(await fetchThrough(socks)).toBe('it works\n')
  })

  test('reverse: server -r -p, client -r', async () => {
    const [ws, socks] = [await freePort(), await freePort()]
    const server = new Program('server', '-t', 'example_token', '-r', '-p', String(socks), '-P', String(ws))
    const client = new Program('client', '-t', 'example_token', '-r', '-u', `ws://127.0.0.1:${ws}`)
    await client.printed(/linked/)
    await server.printed(new RegExp(`:${socks}`))
    expect(await fetchThrough(socks)).toBe('it works\n')
  })

  test('agent: server -r -c, provider, connector', async () => {
    const [ws, socks, port] = [await freePort(), await freePort(), await freePort()]
    const url = `ws://127.0.0.1:${ws}`
    const server = new Program(
      'server',
      '-t',
      'server_token',
      '-r',
      '-c',
      'con_token',
      '-p',
      String(port),
      '-P',
      String(ws),
    )
    await server.printed(/listening|server/i)
    const provider = new Program('provider', '-t', 'server_token', '-u', url)
    await provider.printed(/linked/)
    const connector = new Program('connector', '-t', 'con_token', '-u', url, '-p', String(socks))
    await connector.printed(new RegExp(`:${socks}`))
    expect(await fetchThrough(socks)).toBe('it works\n')
  })

  test('autonomy: server -r -a, provider -c, connector', async () => {
    const [ws, socks] = [await freePort(), await freePort()]
    const url = `ws://127.0.0.1:${ws}`
    const server = new Program('server', '-t', 'server_token', '-r', '-a', '-P', String(ws))
    await server.printed(/listening|server/i)
    const provider = new Program('provider', '-t', 'server_token', '-c', 'con_token', '-u', url, '-d')
    await provider.printed(/linked/)
    const connector = new Program('connector', '-t', 'con_token', '-u', url, '-p', String(socks), '--retry-auth')
    await connector.printed(new RegExp(`:${socks}`))
    expect(await fetchThrough(socks)).toBe('it works\n')
  })
})

describe('linksocks demo', () => {
  test.skipIf(!hasCurl)('prints a curl line that works as printed', async () => {
    const [ws, socks] = [await freePort(), await freePort()]
    const demo = new Program('demo', '-P', String(ws), '-p', String(socks))
    const [, line = ''] = await demo.printed(/try it: curl (.*)/)
    expect((await curl(...line.trim().split(' '))).body).toContain('is running')
  })

  test('ends cleanly on SIGINT', async () => {
    const demo = new Program('demo', '-P', String(await freePort()), '-p', String(await freePort()))
    await demo.printed(/Ctrl-C/)
    demo.kill('SIGINT')
    expect(await demo.exit()).toBe(0)
  })

  test('names port and flag when the port is taken', async () => {
    const taken = closing(createServer().listen(0, '127.0.0.1'))
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const demo = new Program('demo', '-P', String(port), '-p', String(await freePort()))
    expect(await demo.exit()).toBe(1)
    expect(demo.output).toMatch(new RegExp(`${port}.*--ws-port \\(-P\\)`))
  })
})

test('a wrong token ends the client with one clear line and exit code 1', async () => {
  const ws = await freePort()
  const server = new Program('server', '-t', 'right', '-P', String(ws))
  await server.printed(/listening|server/i)
  const client = new Program('client', '-t', 'wrong', '-u', `ws://127.0.0.1:${ws}`, '-p', String(await freePort()))
  expect(await client.exit()).toBe(1)
  expect(client.output).toContain('invalid token')
})

test('a code that is easy to guess ends the provider with one clear line and exit code 1', async () => {
  const ws = await freePort()
  const server = new Program('server', '--relay', '-P', String(ws))
  await server.printed(/listening|server/i)
  const provider = new Program('provider', '-c', 'password1', '-u', `ws://127.0.0.1:${ws}`)
  expect(await provider.exit()).toBe(1)
  expect(provider.output).toMatch(/this code is too easy to guess: .*; give another one with --connector-token/)
})

test.skipIf(!hasCurl)(
  'after kill -9 of one of three providers under load, requests go to the others at once',
  async () => {
    const [ws, socks] = [await freePort(), await freePort()]
    const server = new Program('server', '-t', 'tok_for_all', '-r', '-p', String(socks), '-P', String(ws))
    await server.printed(/listening|server/i)
    const providers = [1, 2, 3].map(() => new Program('provider', '-t', 'tok_for_all', '-u', `ws://127.0.0.1:${ws}`))
    for (const provider of providers) await provider.printed(/linked/)
    await server.printed(new RegExp(`:${socks}`))
    const http = closing(await httpServer())
    const fetchOne = () => curl('--socks5-hostname', `127.0.0.1:${socks}`, `${http.url}/bytes/100000`)
    // Requests on the killed provider wait for it to return; they end with the server, after the test.
    const underLoad = Array.from({ length: 12 }, fetchOne)
    providers[0]?.kill('SIGKILL')
    await providers[0]?.exit()
    const after = await Promise.all(Array.from({ length: 12 }, fetchOne))
    expect(after.map(({ code }) => code)).toEqual(Array.from({ length: 12 }, () => 0))
    server.kill('SIGKILL')
    await Promise.all(underLoad)
  },
)
