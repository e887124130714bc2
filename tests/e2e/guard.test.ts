import { networkInterfaces } from 'node:os'
import { MessageType, newChannelId } from '@ls/codec'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { echoServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { RawPeer } from './raw-peer.js'

/** An address of this machine that is not loopback, if it has one. */
const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.internal === false && each.family === 'IPv4')?.address

/** Returns the answer to a client that requests a target, by default an echo server on loopback. */
async function answer(options: ServerOptions, ask?: (server: LinkSocksServer) => { host: string; port: number }) {
  const server = closing(new LinkSocksServer({ port: 0, ...options }))
  const token = server.addForwardToken()
  await server.listen()
  const peer = await RawPeer.open({ port: server.address!.port, token })
  const address = ask?.(server) ?? { host: 'localhost', port: closing(await echoServer()).port }
  peer.send({ type: MessageType.Connect, protocol: 'tcp', channelId: newChannelId(), address })
  const { success, error } = await peer.next(MessageType.ConnectResponse)
  return success ? 'open' : error
}

const closed = expect.stringMatching(
  /^forbidden: localhost:\d+, at .*, is loopback, .*--guard none opens it$/,
) as string

describe('a server', () => {
  test.each([
    ['that others reach', {}, closed],
    ['with a proxy port that others reach', { host: '127.0.0.1', proxy: { listen: ['0.0.0.0:0'] } }, closed],
    ['on loopback', { host: '127.0.0.1' }, 'open'],
    ['that others reach, without a guard', { exit: { guard: 'none' } }, 'open'],
    ['on loopback with a guard', { host: '127.0.0.1', exit: { guard: 'private' } }, closed],
  ] satisfies [string, ServerOptions, string][])(
    '%s answers a request for loopback so',
    async (_what, options, expected) => {
      expect(await answer(options)).toEqual(expected)
    },
  )

  // Needs an interface besides loopback.
  test.skipIf(ownAddress === undefined)('is not reached through itself', async () => {
    const ask = (server: LinkSocksServer) => ({ host: ownAddress!, port: server.address!.port })
    expect(await answer({}, ask)).toMatch(/is a port of this program, which the guard closes; --guard none opens it$/)
  })

  // Needs an interface besides loopback.
  test.skipIf(ownAddress === undefined)('closes the ports that its program names', async () => {
    const ask = () => ({ host: ownAddress!, port: 9 })
    expect(await answer({ exit: { ownPorts: () => [9] } }, ask)).toMatch(
      /is a port of this program, which the guard closes;/,
    )
  })
})
