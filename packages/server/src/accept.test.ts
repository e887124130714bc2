import { decode, encode, MessageType } from '@ls/codec'
import type { Logger } from '@ls/foundation'
import { memoryTransportPair, onceEvent, RecordingHandler, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { LinkSocksServer, ServerState } from './index.js'

/** What a server answers to a client whose link arrives by {@link LinkSocksServer.accept}. */
async function answer(server: LinkSocksServer, token: string) {
  const [near, far] = memoryTransportPair()
  const handler = new RecordingHandler()
  near.setHandler(handler)
  server.accept(far, { query: new URLSearchParams(), remoteAddress: '192.0.2.1' })
  near.send(encode({ type: MessageType.Auth, token, reverse: false, instance: new Uint8Array(16) }))
  await until(() => handler.messages.length > 0, 'an answer')
  return decode(handler.messages[0] ?? new Uint8Array())
}

test('LinkSocksServer.accept gives a client of a known token a session, without a port', async () => {
  const server = new LinkSocksServer()
  const joined = onceEvent(server, 'clientConnected')
  expect(await answer(server, server.addForwardToken())).toMatchObject({ success: true })
  await joined
  await server.close()
})

test('LinkSocksServer names the token of each client that comes and goes in its log', async () => {
  const lines: unknown[] = []
  const note = (): void => {}
  const info = (fields: object, text = ''): void => void ('tenant' in fields && lines.push([text, fields.tenant]))
  const logger: Logger = { trace: note, debug: note, info, warn: note, error: note, child: () => logger }
  const server = new LinkSocksServer({ logger })
  const joined = onceEvent(server, 'clientConnected')
  await answer(server, server.addForwardToken('a-token', { policy: { name: 'ada' } }))
  await joined
  await server.close()
  expect(lines).toEqual([
    ['client connected', 'ada'],
    ['client disconnected', 'ada'],
  ])
})

test('LinkSocksServer.accept refuses an unknown token over the transport', async () => {
  const server = new LinkSocksServer()
  expect(await answer(server, 'unknown')).toMatchObject({ success: false, error: 'invalid token' })
  await server.close()
})

test('LinkSocksServer.accept restores the tokens of the state', async () => {
  const saved: string[] = []
  const store = { name: 'a test', write: async (text: string) => void saved.push(text) }
  const before = new LinkSocksServer({ state: ServerState.inStore(store, undefined) })
  await answer(before, before.addForwardToken('kept'))
  await before.keepToken('kept')
  await before.close()
  const server = new LinkSocksServer({ state: ServerState.inStore(store, saved.at(-1)) })
  expect(await answer(server, 'kept')).toMatchObject({ success: true })
  await server.close()
})
