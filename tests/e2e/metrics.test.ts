import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePort } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { Program } from './program.js'
import { temporaryFolder } from './temporary-folder.js'

/** An address of this machine that is not loopback, if it has one. */
const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.internal === false && each.family === 'IPv4')?.address

/** Sends a request over TCP or a UNIX socket. */
async function ask(place: number | string, path: string): Promise<{ status: number; body: string }> {
  const way = typeof place === 'number' ? { host: '127.0.0.1', port: place } : { socketPath: place }
  return new Promise((resolve, reject) => {
    const sent = request({ ...way, path, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
    sent.once('error', reject).end()
  })
}

describe('--metrics', () => {
  test('of a server answers with numbers, and linksocks status reads them', async () => {
    const [ws, metrics] = [await freePort(), await freePort()]
    const server = new Program(
      'server',
      '-t',
      'tok',
      '-H',
      '127.0.0.1',
      '-P',
      `${ws}`,
      '--metrics',
      `127.0.0.1:${metrics}`,
    )
    await server.printed(/listening/)
    expect((await ask(metrics, '/metrics')).body).toContain('linksocks_build_info{program="server"')
    const status = new Program('status', `127.0.0.1:${metrics}`)
    expect({ exit: await status.exit(), output: status.output }).toEqual({
      exit: 0,
      output: expect.stringMatching(/^server \S+: ready\n/) as string,
    })
  })

  test('of a client answers 503 on a UNIX socket until a link is up, and says why', async () => {
    const [ws, socks, path] = [await freePort(), await freePort(), join(await temporaryFolder(), 'metrics.sock')]
    const client = new Program(
      'client',
      '-t',
      'tok',
      '-u',
      `ws://127.0.0.1:${ws}`,
      '-p',
      `${socks}`,
      '--metrics',
      `unix:${path}`,
    )
    await client.printed(/metrics: unix:/)
    const before = await ask(path, '/readyz')
    expect({ status: before.status, body: before.body }).toEqual({
      status: 503,
      body: expect.stringContaining('no link to the server is up') as string,
    })
    const server = new Program('server', '-t', 'tok', '-H', '127.0.0.1', '-P', `${ws}`)
    await Promise.all([server.printed(/listening/), client.printed(/proxy: /)])
    expect((await ask(path, '/readyz')).status).toBe(200)
  })

  // Needs an interface besides loopback.
  test.skipIf(ownAddress === undefined)('of a server is closed to those whose traffic leaves there', async () => {
    const [proxy, metrics] = [await freePort(), `${ownAddress}:${await freePort()}`]
    const addresses = ['-H', '127.0.0.1', '-P', '0', '--socks-listen', `127.0.0.1:${proxy}`]
    const server = new Program('server', '-t', 'tok', ...addresses, '--metrics', metrics)
    await server.printed(/proxy: /)
    const { status, body } = await ask(proxy, `http://${metrics}/status`)
    expect({ status, body }).toEqual({ status: 403, body: expect.stringContaining('a port of this program') as string })
  })

  // Needs an interface besides loopback.
  test.skipIf(ownAddress === undefined)('of a provider with a guard is closed to its users', async () => {
    const [ws, proxy, metrics] = [await freePort(), await freePort(), `${ownAddress}:${await freePort()}`]
    const server = new Program('server', '-t', 'tok', '-r', '-H', '127.0.0.1', '-P', `${ws}`, '-p', `${proxy}`)
    await server.printed(/listening/)
    const url = `ws://127.0.0.1:${ws}`
    const provider = new Program('provider', '-t', 'tok', '-u', url, '--guard', 'local', '--metrics', metrics)
    await Promise.all([provider.printed(/linked/), server.printed(/proxy: /)])
    const { status, body } = await ask(proxy, `http://${metrics}/status`)
    expect({ status, body }).toEqual({ status: 403, body: expect.stringContaining('a port of this program') as string })
  })

  test('that is taken ends the program, and names the flag', async () => {
    const [ws, metrics] = [await freePort(), await freePort()]
    const arguments_ = ['server', '-t', 'tok', '-H', '127.0.0.1', '--metrics', `127.0.0.1:${metrics}`, '-P'] as const
    await new Program(...arguments_, `${ws}`).printed(/listening/)
    const second = new Program(...arguments_, `${await freePort()}`)
    expect({ exit: await second.exit(), output: second.output }).toEqual({
      exit: 1,
      output: expect.stringContaining('choose another with --metrics') as string,
    })
  })
})

test('linksocks status asks the API of a server with its key', async () => {
  const ws = await freePort()
  const server = new Program('server', '-H', '127.0.0.1', '-P', `${ws}`, '-k', 'key')
  await server.printed(/listening/)
  const [right, wrong] = ['key', 'nope'].map(
    (key) => new Program('status', `http://127.0.0.1:${ws}`, '-k', key, '--json'),
  )
  expect({ exit: await right?.exit(), output: right?.output }).toEqual({
    exit: 0,
    output: expect.stringMatching(/^\{"program":"server"/) as string,
  })
  expect({ exit: await wrong?.exit(), output: wrong?.output }).toEqual({
    exit: 1,
    output: expect.stringContaining('does not accept this API key') as string,
  })
})

test('linksocks status ends with 1 without an answer', async () => {
  const status = new Program('status', `127.0.0.1:${await freePort()}`)
  expect({ exit: await status.exit(), output: status.output }).toEqual({
    exit: 1,
    output: expect.stringContaining('does not answer') as string,
  })
})
