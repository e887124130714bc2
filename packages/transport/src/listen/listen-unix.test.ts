import { link, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onceEvent, until } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { afterTest, openLink, rawConnection, startListener, upgradeHead } from '../../testing/listening.js'
import { connect } from '../connect/connect.js'

let path = ''

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ls-'))
  afterTest(() => rm(folder, { recursive: true, force: true }))
  path = join(folder, 'l.sock')
})

describe('listen on a UNIX socket', () => {
  test('is reached by ws+unix, with path and query', async () => {
    const asked: string[] = []
    const listener = await startListener({
      host: `unix:${path}`,
      onTransport: (transport, request) => {
        asked.push(`${request.path} ${request.query} ${request.headers.host}`)
        transport.setHandler({ onMessage: (message) => void transport.send(message), onDrain() {}, onClose() {} })
      },
    })
    const { transport, handler } = await openLink({ url: `ws+unix://${path}:/link?a=1` })
    transport.send(Uint8Array.of(1))
    await until(() => handler.messages.length > 0, 'the echo')
    expect({ asked, address: listener.address() }).toEqual({
      asked: ['/link a=1 localhost'],
      address: { host: `unix:${path}`, port: 0 },
    })
  })

  test('is asked for /socket when the URL names no path', async () => {
    const asked: string[] = []
    await startListener({ host: `unix:${path}`, onTransport: (_transport, request) => void asked.push(request.path) })
    await openLink({ url: `ws+unix://${path}` })
    expect(asked).toEqual(['/socket'])
  })

  test('is for its owner and group', async () => {
    await startListener({ host: `unix:${path}` })
    expect((await stat(path)).mode & 0o777).toBe(0o660)
  })

  test('takes the place of one that a dead program left behind', async () => {
    const dead = createServer().listen(path)
    await onceEvent(dead, 'listening')
    // Node would remove the file; a program that was killed does not.
    await link(path, `${path}.old`)
    dead.close()
    await startListener({ host: `unix:${path}.old` })
    await openLink({ url: `ws+unix://${path}.old` })
    expect((await stat(`${path}.old`)).isSocket()).toBe(true)
  })

  test('keeps one on which a program listens', async () => {
    await startListener({ host: `unix:${path}` })
    await expect(startListener({ host: `unix:${path}` })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })

  test('keeps a file that is no socket', async () => {
    await writeFile(path, 'precious')
    await expect(startListener({ host: `unix:${path}` })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })

  test.each(['unix:', `unix:/${'x'.repeat(200)}`])('rejects %s with a RangeError', async (host) => {
    await expect(startListener({ host })).rejects.toThrow(RangeError)
  })

  test('trusts X-Forwarded-For when "unix" is trusted', async () => {
    const addresses: (string | undefined)[] = []
    const onTransport = (_transport: unknown, request: { remoteAddress: string | undefined }): void =>
      void addresses.push(request.remoteAddress)
    await startListener({ host: `unix:${path}`, trustedProxies: ['unix'], onTransport })
    const socket = await rawConnection({ path })
    socket.write(upgradeHead('/', 'X-Forwarded-For: 192.0.2.1'))
    await onceEvent(socket, 'data')
    expect(addresses).toEqual(['192.0.2.1'])
  })
})

describe('connect to a UNIX socket', () => {
  test('that is not there names it', async () => {
    await expect(connect({ url: `ws+unix://${path}` })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_REFUSED',
      message: expect.stringContaining(`cannot connect to ${path}: there is no such socket`) as unknown,
    })
  })

  test('by a dialler is a TypeError', async () => {
    const dial = (): Promise<never> => Promise.reject(new Error('no'))
    await expect(connect({ url: `ws+unix://${path}`, dial })).rejects.toThrow(TypeError)
  })

  test('follows no redirect', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n')).listen(
      path,
    )
    afterTest(() => void server.close())
    await onceEvent(server, 'listening')
    await expect(connect({ url: `ws+unix://${path}` })).rejects.toMatchObject({ code: 'ERR_TRANSPORT_REDIRECTS' })
  })
})
