import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

/** Windows cannot stop a process. */
const canStop = process.platform !== 'win32'

/** Well below the 8 s after which a link counts as dead, and the 60 s for which its session is kept. */
const soonMs = 5000

describe.skipIf(!canStop).each(['reverse', 'agent'] as const)('%s: a provider that is stopped', (mode) => {
  test('beside a healthy one holds up no new connection', async () => {
    const { proxy, providers } = await net(mode, 2)
    const echo = closing(await echoServer())
    providers[0]?.kill('SIGSTOP')
    const startMs = performance.now()
    const sockets = await Promise.all(Array.from({ length: 8 }, () => connect({ proxy, target: echo })))
    for (const socket of sockets) afterTest(() => socket.destroy())
    expect(performance.now() - startMs).toBeLessThan(soonMs)
  }, 60_000)

  test('alone is reported within 15 s and a little', async () => {
    const { proxy, providers } = await net(mode, 1)
    const echo = closing(await echoServer())
    providers[0]?.kill('SIGSTOP')
    const failure = await connect({ proxy, target: echo, timeoutMs: 18_000 }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ERR_SOCKS_REFUSED_BY_PROXY' })
  }, 60_000)
})

/** A server with providers in processes of their own, and the port to reach them by. */
async function net(mode: 'reverse' | 'agent', count: number) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const socksPort = await freePort()
  const { token } = server.addReverseToken({ socksPort: mode === 'reverse' ? socksPort : 'none' })
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const providers = Array.from({ length: count }, () => new Program('provider', '-t', token, '-u', url))
  await until(() => server.peers.size === count, 'the providers', { timeoutMs: 20_000 })
  if (mode === 'reverse') return { proxy: { host: '127.0.0.1', port: socksPort }, providers }
  const connector = closing(
    new LinkSocksClient({ url, token: server.addConnectorToken({ reverseToken: token }), proxy: { port: 0 } }),
  )
  await connector.start()
  return { proxy: { host: '127.0.0.1', port: connector.socksAddress?.port ?? 0 }, providers }
}
