import { text } from 'node:stream/consumers'
import { connect } from '@ls/socks5/node'
import { httpServer, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { modes, type ProxyNet, proxyNet } from '../stress/proxy-net.js'

const request = 'GET / HTTP/1.1\r\nHost: page.test\r\nConnection: close\r\n\r\n'

/** Requests a page through the proxy, and reads it to the end. */
async function fetchThrough({ socks }: ProxyNet, port: number): Promise<string> {
  const socket = await connect({ proxy: socks, target: { host: '127.0.0.1', port } })
  closing({ close: () => socket.destroy() })
  socket.end(request)
  return text(socket)
}

const roles = { forward: 'forward', reverse: 'reverse', agent: 'connector' } as const

describe.each(modes)('snapshot of a server in %s mode', (mode) => {
  test('counts a connection with its bytes, once it is over', async () => {
    const http = closing(await httpServer())
    const net = await proxyNet(mode)
    const answer = await fetchThrough(net, http.port)
    await until(() => net.server.snapshot().endedChannels.length > 0, 'an ended channel')
    const { endedChannels, traffic } = net.server.snapshot()
    const kind = { role: roles[mode], protocol: 'tcp' }
    expect({ endedChannels, traffic }).toEqual({
      endedChannels: [{ ...kind, outcome: 'ok', count: 1 }],
      traffic: [
        {
          ...kind,
          open: 0,
          bytesToTarget: request.length,
          bytesFromTarget: answer.length,
          queuedBytes: 0,
          unsentBytes: 0,
          windowStalls: 0,
          datagramsToTarget: 0,
          datagramsFromTarget: 0,
          droppedDatagrams: 0,
        },
      ],
    })
  })

  test('counts a target that refuses by its word', async () => {
    const net = await proxyNet(mode)
    const http = await httpServer()
    await http.close()
    await fetchThrough(net, http.port).catch(() => '')
    await until(() => net.server.snapshot().endedChannels.length > 0, 'an ended channel')
    expect(net.server.snapshot().endedChannels).toMatchObject([{ outcome: 'refused', count: 1 }])
  })
})

test('snapshot of a server counts links that came back after a cut', async () => {
  const net = await proxyNet('forward', { relayed: true })
  // A client whose handshake the server has not completed begins again.
  await until(() => net.server.snapshot().links.up === 1, 'a session at the server')
  net.hops[0]?.relay?.strike('reset')
  await until(() => net.server.snapshot().links.resumed === 1, 'a link that is back')
  expect(net.server.snapshot().links).toMatchObject({ up: 1, waiting: 0, opened: 1, resumed: 1, lost: 0, closed: 0 })
})

test('snapshot of a server counts refused tokens', async () => {
  const { server } = await proxyNet('forward')
  await expect(proxyNet('forward', { client: { url: `ws://127.0.0.1:${server.address?.port}` } })).rejects.toThrow(
    'invalid token',
  )
  expect(server.snapshot().refusals).toMatchObject({ token: 1 })
})

test('snapshot of a client has its links, its traffic and its readiness', async () => {
  const http = closing(await httpServer())
  const net = await proxyNet('forward')
  const client = net.hops[0]?.client
  await fetchThrough(net, http.port)
  await until(() => client?.snapshot().endedChannels.length === 1, 'an ended channel')
  expect(client?.snapshot()).toMatchObject({
    program: 'client',
    readiness: { ready: true, reasons: [] },
    links: { up: 1, opened: 1 },
    endedChannels: [{ role: 'forward', outcome: 'ok', count: 1 }],
  })
  await client?.close()
  expect(client?.snapshot().readiness).toEqual({
    ready: false,
    reasons: ['the client is closed', 'no link to the server is up', 'the proxy port is not open'],
    notes: [],
  })
})
