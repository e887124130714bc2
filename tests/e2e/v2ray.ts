import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, testCertificate } from '@ls/testkit'
import { temporaryFolder } from './temporary-folder.js'
import { account, start } from './upstream-programs.js'

/** What is spoken inside the WebSocket. */
export type Inside = 'socks' | 'http'

export interface V2rayOptions {
  readonly inside: Inside
  /** Speak TLS. The certificate is the one of the test kit. */
  readonly secure: boolean
  /** Where the WebSocket is opened. */
  readonly path: string
}

/**
 * v2ray as a client: a SOCKS port without a password, whose connections go each through a WebSocket to `target`, with
 * the account of the tests.
 */
export async function startV2rayClient(target: number, options: V2rayOptions): Promise<number> {
  const port = await freePort()
  const users = [{ user: account.username, pass: account.password }]
  const outbound = {
    protocol: options.inside,
    settings: { servers: [{ address: '127.0.0.1', port: target, users }] },
    streamSettings: streamSettings(options, {
      serverName: 'localhost',
      // What else it trusts is of no use here: the certificate of the tests is its own issuer.
      certificates: [{ usage: 'verify', certificate: lines(testCertificate().cert) }],
    }),
  }
  const inbound = { listen: '127.0.0.1', port, protocol: 'socks', settings: { auth: 'noauth', udp: true } }
  await startV2ray({ inbounds: [inbound], outbounds: [outbound] }, port)
  return port
}

/** v2ray as a server: a WebSocket port, inside which it wants the account of the tests. */
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
