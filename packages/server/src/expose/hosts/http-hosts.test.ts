import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { FakeClock, onceEvent, testCertificate } from '@ls/testkit'
import { expect, test } from 'vitest'
import type { HostPage } from './host-page.js'
import { HostTable } from './host-table.js'
import { serveSecureHosts } from './http-hosts.js'

test('serveSecureHosts cuts visitors that ask for nothing for 10 s, and no others', async () => {
  const clock = new FakeClock()
  const server = serveSecureHosts(new HostTable<HostPage>(), testCertificate(), clock).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const visit = async (): Promise<TLSSocket> => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }).on('error', () => {})
    await Promise.all([once(server, 'secureConnection'), once(socket, 'secureConnect')])
    return socket
  }
  const [silent, asking] = [await visit(), await visit()]
  asking.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')
  await onceEvent(asking, 'data')
  const gone = onceEvent(silent.resume(), 'close')
  clock.advance(10_000)
  await gone
  expect(asking.closed).toBe(false)
  asking.destroy()
  server.close()
})
