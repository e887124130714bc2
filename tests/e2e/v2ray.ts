import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, testCertificate } from '@ls/testkit'
import { temporaryFolder } from './temporary-folder.js'
import { account, start } from './upstream-programs.js'

/** Protocol inside the WebSocket. */
export type Inside = 'socks' | 'http'

export interface V2rayOptions {
  readonly inside: Inside
  /** Whether it uses TLS, with the certificate of the test kit. */
  readonly secure: boolean
  /** Path of the WebSocket. */
  readonly path: string
}

/**
 * Starts v2ray as a client: a SOCKS port without a password, each of whose connections goes through a WebSocket to
 * `target`, with the account of the tests.
 */
export async function startV2rayClient(target: number, options: V2rayOptions): Promise<number> {
  const port = await freePort()
  const users = [{ user: account.username, pass: account.password }]
  const outbound = {
    protocol: options.inside,
    settings: { servers: [{ address: '127.0.0.1', port: target, users }] },
    streamSettings: streamSettings(options, {
      serverName: 'localhost',
      // The certificate of the tests is its own issuer, so no other issuers are needed.
      certificates: [{ usage: 'verify', certificate: lines(testCertificate().cert) }],
    }),
  }
  const inbound = { listen: '127.0.0.1', port, protocol: 'socks', settings: { auth: 'noauth', udp: true } }
  await startV2ray({ inbounds: [inbound], outbounds: [outbound] }, port)
  return port
}

/** Starts v2ray as a server: a WebSocket port, inside which it requires the account of the tests. */
export async function startV2rayServer(options: V2rayOptions): Promise<number> {
  const port = await freePort()
  const accounts = [{ user: account.username, pass: account.password }]
  const { key, cert } = testCertificate()
  const inbound = {
    listen: '127.0.0.1',
    port,
    protocol: options.inside,
    settings: options.inside === 'socks' ? { auth: 'password', accounts } : { accounts },
    streamSettings: streamSettings(options, { certificates: [{ certificate: lines(cert), key: lines(key) }] }),
  }
  await startV2ray({ inbounds: [inbound], outbounds: [{ protocol: 'freedom' }] }, port)
  return port
}

function streamSettings({ secure, path }: V2rayOptions, tlsSettings: object): object {
  const security = secure ? { security: 'tls', tlsSettings } : {}
  return { network: 'ws', wsSettings: { path }, ...security }
}

async function startV2ray(config: object, port: number): Promise<void> {
  const file = join(await temporaryFolder(), 'v2ray.json')
  await writeFile(file, JSON.stringify({ log: { loglevel: 'warning' }, ...config }))
  await start('v2ray', ['v2ray'], ['-config', file], port)
}

function lines(pem: string): string[] {
  return pem.trim().split('\n')
}
