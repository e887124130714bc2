import { decode, encode, MessageType } from '@ls/codec'
import type { MessageTransport } from '@ls/mux'
import { memoryTransportPair } from '@ls/testkit'
import type { ConnectOptions } from '@ls/transport'
import { expect, test } from 'vitest'
import type { ForwardClientOptions } from './options/client-options.js'
import { resolveClientOptions } from './options/resolve-options.js'
import { webSocketOpener } from './websocket-opener.js'

const instance = new Uint8Array(16)
const auth = encode({ type: MessageType.Auth, token: 't', reverse: false, instance })

/** Options that one attempt passes to the transport. */
async function asking(options: ForwardClientOptions, resume?: Uint8Array) {
  const asked: ConnectOptions[] = []
  const connect = (request: ConnectOptions): Promise<MessageTransport> => {
    asked.push(request)
    return Promise.resolve(memoryTransportPair()[0])
  }
  const resolved = resolveClientOptions({ url: 'ws://server.test', token: 't', connect, ...options })
  const opener = webSocketOpener({ options: resolved, instance, serverDial: () => undefined })
  const firstMessages = opener.earlyData === true ? [auth] : []
  await opener.open({ token: 't', resume, firstMessages, signal: new AbortController().signal })
  const request = asked[0]
  const types = request?.firstMessages?.map((message) => decode(message).type)
  return { opener, url: new URL(request?.url ?? ''), types, earlyDataBytes: request?.earlyDataBytes }
}

test('webSocketOpener puts the token into the query on /socket', async () => {
  const { opener, url } = await asking({})
  expect({ authenticated: opener.authenticated, hasToken: url.searchParams.has('token') }).toEqual({
    authenticated: true,
    hasToken: true,
  })
})

test('webSocketOpener puts the token into no other query', async () => {
  const { opener, url } = await asking({ url: 'ws://server.test/elsewhere' })
  expect({ authenticated: opener.authenticated, hasToken: url.searchParams.has('token') }).toEqual({
    authenticated: false,
    hasToken: false,
  })
})

test('webSocketOpener asks for the session to resume', async () => {
  const { url } = await asking({}, new Uint8Array(16).fill(1))
  expect(url.searchParams.get('resume')).toBe('01010101-0101-0101-0101-010101010101')
})

test.each([
  ['?ed=2048', {}],
  ['', { earlyDataBytes: 2048 }],
  ['?ed=2048', { earlyDataBytes: 1 }],
])('webSocketOpener sends early data with "%s" and %o, and no token in the URL', async (query, options) => {
  const { url, types, earlyDataBytes } = await asking({ url: `ws://server.test/socket${query}`, ...options })
  expect({
    pathname: url.pathname,
    hasToken: url.searchParams.has('token'),
    hasEd: url.searchParams.has('ed'),
  }).toEqual({ pathname: '/socket', hasToken: false, hasEd: false })
  expect({ types, earlyDataBytes }).toEqual({ types: [MessageType.Auth], earlyDataBytes: 2048 })
})

test('webSocketOpener uses no early data if the URL says so', async () => {
  const { url, types } = await asking({ url: 'ws://server.test?ed=0', earlyDataBytes: 2048 })
  expect({ hasToken: url.searchParams.has('token'), types }).toEqual({ hasToken: true, types: [] })
})

test.each([-1, 0.5, 4097])('resolveClientOptions refuses %d bytes of early data', (earlyDataBytes) => {
  expect(() => resolveClientOptions({ earlyDataBytes })).toThrow(RangeError)
})
