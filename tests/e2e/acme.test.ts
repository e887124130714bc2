import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, testAuthority } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { Program } from './program.js'
import { temporaryFolder } from './temporary-folder.js'
import { start } from './upstream-programs.js'

/** Let's Encrypt's server for tests, which `tests/interop/install-peers.sh` installs. */
const pebble = fileURLToPath(new URL('../../.cache/peers/pebble/bin/pebble', import.meta.url))

interface Authority {
  readonly directoryUrl: string
  /** Port to which it sends challenges. */
  readonly httpPort: number
  /** PEM file of the issuer of its own HTTPS certificate. */
  readonly caFile: string
}

async function startAuthority(): Promise<Authority> {
  const folder = await temporaryFolder()
  const signer = testAuthority()
  const { cert, key } = signer.issue({ hosts: ['localhost'] })
  const [port, management, httpPort] = [await freePort(), await freePort(), await freePort()]
  const files = {
    caFile: join(folder, 'ca.pem'),
    certificate: join(folder, 'cert.pem'),
    privateKey: join(folder, 'key.pem'),
  }
  await writeFile(files.caFile, signer.cert)
  await writeFile(files.certificate, cert)
  await writeFile(files.privateKey, key)
  const config = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: files.certificate,
    privateKey: files.privateKey,
    httpPort,
    tlsPort: await freePort(),
    profiles: { default: { description: 'short', validityPeriod: 86_400 } },
  }
  await writeFile(join(folder, 'pebble.json'), JSON.stringify({ pebble: config }))
  // It says that it listens before it does.
  const environment = ['PEBBLE_VA_NOSLEEP=1', 'PEBBLE_WFE_NONCEREJECT=0']
  await start('pebble', ['env', ...environment, pebble], ['-config', join(folder, 'pebble.json')], port)
  return { directoryUrl: `https://localhost:${port}/dir`, httpPort, caFile: files.caFile }
}

async function serve(
  authority: Authority,
  state: string,
  { listen = authority.httpPort, more = [] as readonly string[] } = {},
): Promise<Program> {
  const acme = [
    '--tls-domain',
    'localhost',
    '--acme-directory',
    authority.directoryUrl,
    '--acme-listen',
    String(listen),
  ]
  const place = ['-H', '127.0.0.1', '-P', String(await freePort()), '--state-folder', state]
  return new Program({ environment: { NODE_EXTRA_CA_CERTS: authority.caFile } }, 'server', ...acme, ...place, ...more)
}

/** Time for an order, in milliseconds: it has a dozen round trips, each with a key to check. */
const timeout = 60_000

describe.skipIf(!existsSync(pebble))('linksocks server --tls-domain, with pebble,', { timeout }, () => {
  test('gets a certificate by HTTP-01 and shows it', async () => {
    const state = await temporaryFolder()
    const server = await serve(await startAuthority(), state)
    const [, next = ''] = await server.printed(/^next: \S+ \S+ client '(.*)'$/m)
    const kept = new X509Certificate(readFileSync(join(state, 'acme/localhost.crt')))
    const { hostname, port } = new URL(next)
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', hostname]
    const shown = execFileSync('openssl', args, { input: '', stdio: ['pipe', 'pipe', 'ignore'], encoding: 'utf8' })
    expect({ hostname, fingerprint256: new X509Certificate(shown).fingerprint256 }).toEqual({
      hostname: 'localhost',
      fingerprint256: kept.fingerprint256,
    })
  })

  test('keeps certificate, key and account, and orders none when it starts again', async () => {
    const [authority, state] = [await startAuthority(), await temporaryFolder()]
    const first = await serve(authority, state)
    await first.printed(/^listening/m)
    first.kill('SIGTERM')
    await first.exit()
    const before = readFileSync(join(state, 'acme/localhost.crt'), 'utf8')
    const second = await serve(authority, state)
    await second.printed(/^listening/m)
    expect(second.output).not.toContain('a certificate was issued')
    expect(readFileSync(join(state, 'acme/localhost.crt'), 'utf8')).toBe(before)
    expect(statSync(join(state, 'acme/localhost.key')).mode & 0o77).toBe(0)
  })

  test.skipIf(process.platform !== 'linux')('orders one certificate for all workers, which all show it', async () => {
    const state = await temporaryFolder()
    const server = await serve(await startAuthority(), state, { more: ['--workers', '2'] })
    const [, port = ''] = await server.printed(/^listening: wss:\/\/[^:]+:(\d+)/m)
    await server.printed(/all workers serve/)
    const kept = new X509Certificate(readFileSync(join(state, 'acme/localhost.crt')))
    // Connections go to the workers in turn.
    const shown = [1, 2, 3, 4].map(() => {
      const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost']
      const text = execFileSync('openssl', args, { input: '', stdio: ['pipe', 'pipe', 'ignore'], encoding: 'utf8' })
      return new X509Certificate(text).fingerprint256
    })
    const issued = [...server.output.matchAll(/a certificate was issued/g)].length
    expect({ issued, shown: new Set(shown) }).toEqual({ issued: 1, shown: new Set([kept.fingerprint256]) })
  })

  test('ends with the cause when the authority does not reach it', async () => {
    const authority = await startAuthority()
    const server = await serve(authority, await temporaryFolder(), { listen: await freePort() })
    expect(await server.exit()).toBe(1)
    expect(server.output).toMatch(
      /ERROR: no certificate for localhost: .*(?:connection refused|unauthorized|Fetching)/i,
    )
  })
})

describe('linksocks server --tls-domain, with an authority that does not answer,', () => {
  test('says so, and ends by the first signal', async () => {
    const directoryUrl = `http://127.0.0.1:${await freePort()}/dir`
    const server = await serve({ directoryUrl, httpPort: await freePort(), caFile: '' }, await temporaryFolder())
    await server.printed(/does not answer: ECONNREFUSED; trying again/)
    server.kill('SIGTERM')
    expect(await server.exit()).toBe(0)
  })
})

test.skipIf(process.env['CI'] === undefined)('pebble is installed where CI runs', () => {
  expect(existsSync(pebble)).toBe(true)
})
