import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, onceEvent, type TestTcpServer } from '@ls/testkit'
import { expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'

// Tickets in place of tokens, through the management API.

async function serving(): Promise<{ server: LinkSocksServer; url: string; echo: TestTcpServer }> {
  const server = closing(
    new LinkSocksServer({ host: '127.0.0.1', port: 0, exit: { guard: 'none' }, api: { key: 'key' } }),
  )
  await server.listen()
  return { server, url: `http://127.0.0.1:${server.address?.port}`, echo: closing(await echoServer()) }
}

async function makeTicket(url: string, body: object): Promise<string> {
  const headers = { 'x-api-key': 'key' }
  const answer = await fetch(`${url}/api/ticket`, { method: 'POST', headers, body: JSON.stringify(body) })
  return ((await answer.json()) as { ticket: string }).ticket
}

/** A client with a SOCKS port. */
async function clientOf(url: string, token: string): Promise<LinkSocksClient> {
  const client = closing(new LinkSocksClient({ url, token, proxy: { port: 0 }, reconnect: false }))
  const listening = onceEvent(client, 'socksListening')
  await client.start()
  await listening
  return client
}

/** Returns the answer of a target through the client's port; rejects if it is refused. */
async function answerOf(client: LinkSocksClient, target: { host: string; port: number }): Promise<string> {
  const proxy = { host: '127.0.0.1', port: client.socksAddress?.port ?? 0 }
  const socket = await connect({ proxy, target, timeoutMs: 10_000 })
  socket.end('ping')
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) text += String(chunk)
  return text
}

test('a ticket reaches the targets that it names', async () => {
  const { server, url, echo } = await serving()
  const token = server.addForwardToken()
  const ticket = await makeTicket(url, { token, allow: [`127.0.0.1:${echo.port}`] })
  expect(await answerOf(await clientOf(url, ticket), echo)).toBe('ping')
})

test('a ticket reaches no other target, though its token does', async () => {
  const { server, url, echo } = await serving()
  const token = server.addForwardToken()
  const ticket = await makeTicket(url, { token, allow: ['db.internal:5432'] })
  await expect(answerOf(await clientOf(url, ticket), echo)).rejects.toThrow(/forbidden/)
})

test('a ticket reaches no target that its token does not', async () => {
  const { server, url, echo } = await serving()
  const token = server.addForwardToken('t', { policy: { allow: ['db.internal:5432'] } })
  const ticket = await makeTicket(url, { token, allow: [`127.0.0.1:${echo.port}`] })
  await expect(answerOf(await clientOf(url, ticket), echo)).rejects.toThrow(/forbidden/)
})

test('a ticket of a connector token narrows what goes to providers', async () => {
  const { server, url, echo } = await serving()
  const { token: reverse } = server.addReverseToken({ socksPort: 'none' })
  const token = server.addConnectorToken({ reverseToken: reverse })
  const provider = closing(new LinkSocksClient({ url, token: reverse, role: 'provider' }))
  await provider.start()
  const ticket = await makeTicket(url, { token, deny: [`:${echo.port}`] })
  await expect(answerOf(await clientOf(url, ticket), echo)).rejects.toThrow(/forbidden/)
  expect(await answerOf(await clientOf(url, token), echo)).toBe('ping')
})

test('a ticket admits one client, and no second one', async () => {
  const { server, url } = await serving()
  const ticket = await makeTicket(url, { token: server.addForwardToken() })
  await clientOf(url, ticket)
  await expect(clientOf(url, ticket)).rejects.toThrow('the ticket has been used')
})

test('a ticket that is taken back ends what its client has', async () => {
  const { server, url } = await serving()
  const ticket = await makeTicket(url, { token: server.addForwardToken() })
  await clientOf(url, ticket)
  const left = onceEvent(server, 'clientDisconnected')
  await fetch(`${url}/api/ticket/${ticket}`, { method: 'DELETE', headers: { 'x-api-key': 'key' } })
  const [, reason] = (await left) as [unknown, string]
  expect(reason).toBe('the ticket was revoked')
})
