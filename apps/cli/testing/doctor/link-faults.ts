import { LinkSocksClient } from '@ls/client'
import { listen } from '@ls/transport'
import { expect, onTestFinished } from 'vitest'
import { type Fault, findingsOf, frame, messages, middlebox, rawServer, server, webSocketThat } from './stage.js'

/** Log (protocol.md §1), which never comes first. */
const logMessage = Buffer.from('\x01\x09\0\0\0\x1b{"level":"info","msg":"hi"}', 'latin1')

/** Faults of the other end, of the token, and of a link that is open. */
export const linkFaults: Record<string, Fault> = {
  'a wrong token': {
    make: async () => ({ url: `ws://127.0.0.1:${(await server()).port}`, client: { token: 'wrong' } }),
    finds: {
      step: 'token',
      level: 'FAIL',
      code: 'ERR_CLIENT_REFUSED',
      cure: expect.stringContaining('does not have this token'),
    },
  },
  'no token': {
    make: async () => ({
      url: `ws://127.0.0.1:${(await server()).port}`,
      client: { token: 'anonymous' },
      hasToken: false,
    }),
    finds: { step: 'token', level: 'FAIL', cure: expect.stringContaining('--token') },
  },
  "a provider's token shown as a client": {
    make: async () => {
      const { port, server: made } = await server()
      made.addReverseToken({ token: 'other' })
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'other' } }
    },
    finds: { step: 'token', level: 'FAIL', cure: expect.stringContaining('it is for providers') },
  },
  "a client's token shown as a provider": {
    make: async () => ({ url: `ws://127.0.0.1:${(await server()).port}`, client: { role: 'provider' } }),
    finds: { step: 'token', level: 'FAIL', cure: expect.stringContaining('it is for clients') },
  },
  'a WebSocket that is not LinkSocks': {
    make: async () => {
      const listener = await listen({
        port: 0,
        onTransport: (transport) => void transport.send(logMessage),
      })
      onTestFinished(() => listener.closeAll())
      return { url: `ws://127.0.0.1:${listener.address().port}` }
    },
    finds: { step: 'token', level: 'FAIL', code: 'ERR_CLIENT_HANDSHAKE' },
  },
  'a WebSocket that says nothing': {
    make: async () => {
      const listener = await listen({ port: 0, onTransport: () => {} })
      onTestFinished(() => listener.closeAll())
      return { url: `ws://127.0.0.1:${listener.address().port}`, client: { limits: { handshakeTimeoutMs: 200 } } }
    },
    finds: {
      step: 'token',
      level: 'FAIL',
      code: 'ERR_MUX_TIMEOUT',
      text: expect.stringContaining('no LinkSocks handshake'),
    },
  },
  'a WebSocket that speaks text': {
    make: async () => ({ url: `ws://127.0.0.1:${await webSocketThat(frame(0x81, 'hello'))}` }),
    finds: {
      step: 'token',
      level: 'FAIL',
      code: 'ERR_TRANSPORT_TEXT_MESSAGE',
      cure: expect.stringContaining('not LinkSocks'),
    },
  },
  'a stream that is damaged on the way': {
    make: async () => ({ url: `ws://127.0.0.1:${await webSocketThat(frame(0xf2, 'hello'))}` }),
    finds: { step: 'token', level: 'FAIL', code: 'ERR_TRANSPORT_PROTOCOL', cure: expect.stringContaining('middlebox') },
  },
  'a peer of another protocol version': {
    make: async () => ({ url: `ws://127.0.0.1:${await webSocketThat(messages('\x90\x02\x01'))}` }),
    finds: {
      step: 'token',
      level: 'FAIL',
      code: 'ERR_CODEC_VERSION',
      text: expect.stringContaining('version'),
      cure: expect.stringContaining('update'),
    },
  },
  'a link that is cut before the handshake': {
    make: async () => ({ url: `ws://127.0.0.1:${await webSocketThat(new Uint8Array(), true)}` }),
    finds: {
      step: 'token',
      level: 'FAIL',
      code: 'ERR_TRANSPORT_CONNECTION_LOST',
      cure: expect.stringContaining('log of the server'),
    },
  },
  'a token outside its hours': {
    make: async () => {
      const { port, server: made } = await server()
      const day = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][(new Date().getUTCDay() + 3) % 7] ?? ''
      made.addForwardToken('late', { policy: { hours: { open: [`${day} 12:00-13:00`], zone: 'UTC' } } })
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'late' } }
    },
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('hour') },
  },
  'a token for other networks': {
    make: async () => {
      const { port, server: made } = await server()
      made.addForwardToken('far', { policy: { sources: ['192.0.2.0/24'] } })
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'far' } }
    },
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('may not be used from 127.0.0.1') },
  },
  'a token that has expired': {
    make: async () => {
      const { port, server: made } = await server()
      made.addForwardToken('old', { policy: { expiresAt: '2020-01-01T00:00:00Z' } })
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'old' } }
    },
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('expired') },
  },
  'a token with all its links in use': {
    make: async () => {
      const { port, server: made } = await server()
      made.addForwardToken('full', { policy: { maxLinks: 1 } })
      const first = new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token: 'full', proxy: 'none' })
      await first.start()
      onTestFinished(() => first.close())
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'full' } }
    },
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('links of this token') },
  },
  'a token without a provider': {
    make: async () => {
      const { port, server: made } = await server({ limits: { connectorWaitMs: 50 } })
      const { token: reverseToken } = made.addReverseToken({ socksPort: 'none' })
      const token = made.addConnectorToken({ reverseToken })
      return { url: `ws://127.0.0.1:${port}`, client: { token } }
    },
    finds: { step: 'source', level: 'WARN', code: 'ERR_RELAY_NO_PROVIDER', cure: expect.stringContaining('provider') },
  },
  'a token with all its connections in use': {
    make: async () => {
      const { port, server: made } = await server({ exit: { guard: 'none' } })
      made.addForwardToken('busy', { policy: { maxChannels: 1 } })
      const first = new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token: 'busy', proxy: 'none' })
      await first.start()
      onTestFinished(() => first.close())
      const stream = await first.connect({ host: '127.0.0.1', port: await rawServer(() => {}) })
      // The client resets this stream when it ends.
      stream.on('error', () => {})
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'busy' } }
    },
    finds: { step: 'source', level: 'WARN', code: 'ERR_RELAY_BUSY', cure: expect.stringContaining('raise the limit') },
  },
  'a token whose quota is used up': {
    make: async () => {
      const { port, server: made } = await server()
      made.addForwardToken('poor', { policy: { quota: { day: 1 } } })
      const url = `ws://127.0.0.1:${port}`
      await findingsOf({ url, client: { token: 'poor' } })
      return { url, client: { token: 'poor' } }
    },
    finds: { step: 'source', level: 'WARN', code: 'ERR_RELAY_FORBIDDEN', text: expect.stringContaining('quota') },
  },
  'a quota that ends while it is measured': {
    make: async () => {
      const { port, server: made } = await server()
      made.addForwardToken('poor', { policy: { quota: { day: 1 } } })
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'poor' }, speedMs: 100 }
    },
    finds: { step: 'throughput', level: 'WARN', code: 'ERR_RELAY_FORBIDDEN', cure: expect.stringContaining('policy') },
  },
  'a server that drains': {
    make: async () => {
      const { port, server: made } = await server()
      const first = new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token: 'right', proxy: 'none' })
      await first.start()
      onTestFinished(() => first.close())
      void made.drain()
      return { url: `ws://127.0.0.1:${port}` }
    },
    finds: { level: 'FAIL', text: expect.stringContaining('drain') },
  },
  'a middlebox that cuts idle links': {
    make: async () => {
      const { port } = await server()
      const cut = await middlebox(port, (socket, other) => socket.setTimeout(1000, () => other.destroy()))
      return { url: `ws://127.0.0.1:${cut}`, idleMs: 8000 }
    },
    finds: { step: 'idle', level: 'WARN', cure: expect.stringContaining('--heartbeat') },
  },
  'a middlebox that cuts links under load': {
    make: async () => {
      const { port } = await server()
      const cut = await middlebox(port, (socket) => {
        let left = 2_000_000
        socket.on('data', ({ length }) => void ((left -= length) < 0 && socket.destroy()))
      })
      return { url: `ws://127.0.0.1:${cut}`, speedMs: 2000 }
    },
    finds: { step: 'throughput', level: 'WARN', text: expect.stringContaining('cut short') },
  },
  'a server without our extension': {
    make: async () => ({ url: `ws://127.0.0.1:${(await server({ extensions: [] })).port}` }),
    finds: { step: 'extension', level: 'WARN', cure: expect.stringContaining('connections end when the link is cut') },
  },
}
