import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { LinkSocksClient, type ClientOptions } from '@ls/client'
import { type Logger, silentLogger } from '@ls/foundation'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, onceEvent, testAuthority, type TestCertificate, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { temporaryFolder } from './temporary-folder.js'

const token = 'token'
const authority = testAuthority()

/** Writes certificate and key to files; also returns a function that replaces them as certbot does. */
async function pairInFiles(pair: TestCertificate) {
  const folder = await temporaryFolder()
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') }
  const replace = async (next: TestCertificate): Promise<void> => {
    for (const [file, text] of [
      [files.keyFile, next.key],
      [files.certFile, next.cert],
    ] as const) {
      await writeFile(`${file}.new`, text)
      await rename(`${file}.new`, file)
    }
  }
  await replace(pair)
  return { files, replace }
}

async function startServer(options: ServerOptions): Promise<LinkSocksServer> {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, ...options }))
  server.addForwardToken(token)
  await server.listen()
  return server
}

async function startClient(
  server: LinkSocksServer,
  tls: NonNullable<ClientOptions['transport']>['tls'],
): Promise<LinkSocksClient> {
  const url = `wss://localhost:${server.address?.port}`
  const client = closing(
    new LinkSocksClient({ url, token, proxy: { port: 0 }, reconnect: false, transport: { tls: { ...tls } } }),
  )
  await client.start()
  return client
}

async function dialEcho(client: LinkSocksClient): Promise<Duplex> {
  const target = { host: '127.0.0.1', port: closing(await echoServer()).port }
  const socket = await connect({ proxy: client.socksAddress ?? { host: '', port: 0 }, target })
  afterTest(() => socket.destroy())
  return socket
}

async function echoOf(socket: Duplex): Promise<string> {
  const echoed = onceEvent(socket, 'data', { timeoutMs: 15_000 })
  socket.resume().write('hello')
  return String((await echoed)[0])
}

/** A logger, and its lines at info and above. */
function recording(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = []
  const keep = (_fields: object, text = ''): void => void lines.push(text)
  const logger: Logger = { ...silentLogger, info: keep, warn: keep, error: keep, child: () => logger }
  return { logger, lines }
}

describe('a certificate in files', () => {
  test('is replaced without a link lost', async () => {
    const { files, replace } = await pairInFiles(authority.issue())
    const { logger, lines } = recording()
    const server = await startServer({ tls: files, logger })
    const socket = await dialEcho(await startClient(server, { ca: authority.cert }))
    const next = testAuthority('Next')
    await replace(next.issue())
    await until(() => lines.includes('certificate reloaded'), 'the new certificate', { timeoutMs: 15_000 })
    await startClient(server, { ca: next.cert })
    await until(() => server.peers.size === 2, 'the second session')
    expect({ echo: await echoOf(socket), peers: server.peers.size }).toEqual({ echo: 'hello', peers: 2 })
  })

  test('stays when the new one is no pair, and the log says why', async () => {
    const { files, replace } = await pairInFiles(authority.issue())
    const { logger, lines } = recording()
    const server = await startServer({ tls: files, logger })
    await replace({ cert: authority.issue().cert, key: authority.issue().key })
    const warned = (line: string): boolean =>
      /the old one stays: .* the key does not belong to the certificate/.test(line)
    await until(() => lines.some(warned), 'the warning', { timeoutMs: 15_000 })
    const client = await startClient(server, { ca: authority.cert })
    expect(client.sessions).toHaveLength(1)
  })

  test('that is not there ends the start, with its name', async () => {
    const tls = { certFile: '/nonexistent/tls.crt', keyFile: '/nonexistent/tls.key' }
    await expect(startServer({ tls })).rejects.toThrow(
      'cannot read the certificate, /nonexistent/tls.crt: no such file',
    )
  })
})

describe('mutual TLS', () => {
  const clients = testAuthority('Clients')

  test('admits clients with a certificate, and no others', async () => {
    const server = await startServer({ tls: { ...authority.issue(), clientCa: clients.cert } })
    const client = await startClient(server, { ca: authority.cert, ...clients.issue({ name: 'ada' }) })
    await expect(startClient(server, { ca: authority.cert })).rejects.toThrow(
      'the server requires a client certificate',
    )
    expect(await echoOf(await dialEcho(client))).toBe('hello')
  })
})
