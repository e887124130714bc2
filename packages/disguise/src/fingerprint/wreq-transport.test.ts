import {
  describeMessageTransport,
  RecordingHandler,
  seededBytes,
  testCertificate,
  type TransportPair,
  turns,
  until,
  useCleanups,
} from '@ls/testkit'
import { type ConnectOptions, listen, type ListenOptions, type WebSocketTransport } from '@ls/transport'
import { describe, expect, test } from 'vitest'
import { connectOver } from './connect-as-browser.js'
import { loadWreq } from './load-wreq.js'
import { wreqEngine } from './wreq-engine.js'

const certificate = testCertificate()
const cleanups = useCleanups()

/** A link over TLS: the client's side by wreq-js, the server's by ws. */
async function linkedPair(clientOptions: Partial<ConnectOptions> = {}, serverOptions: Partial<ListenOptions> = {}) {
  const connect = connectOver(wreqEngine(await loadWreq(), 'chrome'), 'chrome')
  let accept: (transport: WebSocketTransport) => void
  const accepted = new Promise<WebSocketTransport>((resolve) => (accept = resolve))
  const listener = await listen({ tls: certificate, ...serverOptions, onTransport: (transport) => accept(transport) })
  const url = `wss://localhost:${listener.address().port}`
  const client = await connect({ url, tls: { ca: certificate.cert }, ...clientOptions })
  return { client, server: await accepted, dispose: () => listener.closeAll() }
}

describeMessageTransport('WreqTransport', async (): Promise<TransportPair> => {
  const { client, server, dispose } = await linkedPair()
  return { left: client, right: server, dispose }
})

describeMessageTransport('WebSocketTransport, the server of a WreqTransport', async (): Promise<TransportPair> => {
  const { client, server, dispose } = await linkedPair()
  return { left: server, right: client, dispose }
})

/** A linked pair with recording handlers, gone after the test. */
async function recordedPair(clientOptions: Partial<ConnectOptions> = {}) {
  const { client, server, dispose } = await linkedPair(clientOptions)
  const [atClient, atServer] = [new RecordingHandler(), new RecordingHandler()]
  cleanups.push(dispose, () => client.destroy())
  client.setHandler(atClient)
  server.setHandler(atServer)
  return { client, server, atClient, atServer }
}

describe('WreqTransport', () => {
  test('loses no message of a burst of the server', async () => {
    const connect = connectOver(wreqEngine(await loadWreq(), 'chrome'), 'chrome')
    const listener = await listen({ tls: certificate, onTransport: (transport) => transport.send(Uint8Array.of(1)) })
    cleanups.push(() => listener.closeAll())
    const url = `wss://localhost:${listener.address().port}`
    const handlers: RecordingHandler[] = []
    for (let round = 0; round < 50; round++) {
      const client = await connect({ url, tls: { ca: certificate.cert } })
      // An owner that sets its handler late, after other work.
      await turns(round % 5)
      const handler = new RecordingHandler()
      client.setHandler(handler)
      handlers.push(handler)
      await until(() => handler.messages.length > 0, `the message of round ${round}`)
      client.destroy()
    }
    expect(handlers.map(({ byteCount }) => byteCount)).toEqual(Array(50).fill(1))
  })

  test('holds back a server that sends more than its owner takes', async () => {
    const { client, server, atClient } = await recordedPair()
    const atServer = new RecordingHandler()
    server.setHandler(atServer)
    client.pause()
    const chunk = 256 * 1024
    let sentBytes = 0
    // Large compared with the system's buffers.
    const manyBytes = 96 * 1024 * 1024
    for (let stalledTurns = 0; sentBytes < manyBytes && stalledTurns < 200; stalledTurns++) {
      while (sentBytes < manyBytes && server.send(new Uint8Array(chunk))) {
        sentBytes += chunk
        stalledTurns = 0
      }
      await turns(1)
    }
    expect({ stopped: sentBytes < manyBytes / 2, messages: atClient.messages.length }).toEqual({
      stopped: true,
      messages: 0,
    })
  })

  test('ends with 1009 at a message over maxMessageBytes', async () => {
    const { server, atClient } = await recordedPair({ maxMessageBytes: 1000 })
    server.send(new Uint8Array(1001))
    await until(() => atClient.closes.length > 0, 'onClose')
    expect(atClient.closes[0]).toMatchObject({
      code: 1009,
      reason: 'the peer sent a message of more than 1000 bytes',
      cause: { code: 'ERR_TRANSPORT_MESSAGE_TOO_LARGE' },
    })
  })

  test('takes a message of exactly maxMessageBytes', async () => {
    const { server, atClient } = await recordedPair({ maxMessageBytes: 1000 })
    server.send(seededBytes(1).take(1000))
    await until(() => atClient.messages.length > 0, 'the message')
    expect(atClient.messages[0]?.length).toBe(1000)
  })

  test('says why the connection was lost', async () => {
    const { server, atClient } = await recordedPair()
    server.destroy()
    await until(() => atClient.closes.length > 0, 'onClose')
    expect(atClient.closes[0]).toMatchObject({ code: 1006, reason: expect.stringMatching(/^connection /) as string })
  })

  test('closes with 1000 where browsers may not send the code, and keeps the text', async () => {
    const { client, atServer } = await recordedPair()
    client.close({ code: 1001, reason: 'going away' })
    await until(() => atServer.closes.length > 0, 'onClose')
    expect(atServer.closes[0]).toMatchObject({ code: 1000, reason: 'going away' })
  })

  test('cuts a link whose peer does not answer its close in time', async () => {
    const { client, server, atClient } = await recordedPair({ closeTimeoutMs: 50 })
    // It reads nothing, so it receives no close.
    server.pause()
    client.close({ code: 4000, reason: 'enough' })
    await until(() => atClient.closes.length > 0, 'onClose')
    expect(atClient.closes).toMatchObject([{ code: 4000, reason: 'enough' }])
  })
})
