import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { type Cleanup, cleanupOf } from '../stress/cleanup.js'
import { Program } from './program.js'

/** Windows cannot stop a process. */
const canStop = process.platform !== 'win32'

/** Well below the 8 s after which a link counts as dead, and the 60 s for which its session is kept. */
const soonMs = 5000

/** Each test waits for a deadline, so they run at the same time. */
const options = { concurrent: true, timeout: 60_000 }

describe.skipIf(!canStop).each(['reverse', 'agent'] as const)('%s: a provider that is stopped', options, (mode) => {
  test('beside a healthy one holds up no new connection', async (context) => {
    const cleanup = cleanupOf(context)
    const { proxy, providers } = await net(mode, 2, cleanup)
    const echo = cleanup.closing(await echoServer())
    providers[0]?.kill('SIGSTOP')
    const startMs = performance.now()
    const sockets = await Promise.all(Array.from({ length: 8 }, () => connect({ proxy, target: echo })))
    for (const socket of sockets) cleanup.afterTest(() => socket.destroy())
    expect(performance.now() - startMs).toBeLessThan(soonMs)
  })

  test('alone is reported within 15 s and a little', async (context) => {
    const cleanup = cleanupOf(context)
    const { proxy, providers } = await net(mode, 1, cleanup)
    const echo = cleanup.closing(await echoServer())
    providers[0]?.kill('SIGSTOP')
    const failure = await connect({ proxy, target: echo, timeoutMs: 18_000 }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ERR_SOCKS_REFUSED_BY_PROXY' })
  })
})

/** A server with providers in separate processes, and the port that leads to them. */
async function net(mode: 'reverse' | 'agent', count: number, { afterTest: endLater, closing }: Cleanup) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const socksPort = await freePort()
  const { token } = server.addReverseToken({ socksPort: mode === 'reverse' ? socksPort : 'none' })
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const providers = Array.from({ length: count }, () => new Program({ endLater }, 'provider', '-t', token, '-u', url))
  await until(() => server.peers.size === count, 'the providers', { timeoutMs: 20_000 })
  if (mode === 'reverse') return { proxy: { host: '127.0.0.1', port: socksPort }, providers }
  const connector = closing(
    new LinkSocksClient({ url, token: server.addConnectorToken({ reverseToken: token }), proxy: { port: 0 } }),
  )
  await connector.start()
  return { proxy: { host: '127.0.0.1', port: connector.socksAddress?.port ?? 0 }, providers }
}
