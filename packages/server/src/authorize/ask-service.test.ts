import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tcpServer } from '@ls/testkit'
import { afterEach, expect, test } from 'vitest'
import { serviceAt } from './ask-service.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener, path?: string): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  if (path === undefined) server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')
  return path === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` : `unix:${path}:/hook`
}

const echo: RequestListener = (request, response) => void request.pipe(response)

test('serviceAt posts to a URL', async () => {
  expect(await serviceAt(await serve(echo), 1)('{}', 5000)).toBe('{}')
})

test('serviceAt posts to a UNIX socket, at a path', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ls-hook-'))
  const url = await serve((request, response) => void response.end(request.url), join(folder, 's'))
  expect(await serviceAt(url, 1)('{}', 5000)).toBe('/hook')
  rmSync(folder, { recursive: true })
})

test.each<[string, RequestListener]>([
  ['it answers with status 500', (_request, response) => void response.writeHead(500).end()],
  ['no answer within 0.05 s', () => {}],
  ['the answer has more than 65536 bytes', (_request, response) => void response.end('x'.repeat(65_537))],
])('serviceAt fails with "%s"', async (reason, listener) => {
  const timeoutMs = reason.startsWith('no answer') ? 50 : 5000
  await expect(serviceAt(await serve(listener), 1)('{}', timeoutMs)).rejects.toThrow(reason)
})

test('serviceAt fails with an upgrade that was not requested', async () => {
  const site = await tcpServer((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'))
  })
  const ask = serviceAt(`http://127.0.0.1:${site.port}`, 1)
  await expect(ask('{}', 5000)).rejects.toThrow('the connection closed without an answer')
  await site.close()
})

test.each(['ftp://a', 'unix:relative', 'x'])('serviceAt does not take %s', (url) => {
  expect(() => serviceAt(url, 1)).toThrow('authorize.url must be http://…, https://… or unix:/path')
})
