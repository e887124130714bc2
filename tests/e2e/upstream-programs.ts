import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort, testCertificate } from '@ls/testkit'
import { PeerProcess } from '../interop/peer-process.js'
import { afterTest } from '../stress/cleanup.js'
import { temporaryFolder } from './temporary-folder.js'

/** The account that all programs here require. */
export const account = { username: 'ada', password: 'secret' }

/** Time for a program to listen, in milliseconds. */
const startTimeoutMs = 30_000

export async function startMicrosocks(): Promise<number> {
  const port = await freePort()
  const login = ['-u', account.username, '-P', account.password]
  await start('microsocks', ['microsocks'], ['-i', '127.0.0.1', '-p', String(port), ...login], port)
  return port
}

/**
 * Starts Dante, with UDP. With `login` it requires a password, which it compares with the system's accounts: a
 * preloaded library of a few lines adds an account, so that the system need not have one.
 */
export async function startDante({ login }: { readonly login: boolean }): Promise<number> {
  const folder = await temporaryFolder()
  const port = await freePort()
  const config = join(folder, 'danted.conf')
  await writeFile(
    config,
    [
      'logoutput: stderr',
      `internal: 127.0.0.1 port = ${port}`,
      'external: lo',
      'clientmethod: none',
      `socksmethod: ${login ? 'username' : 'none'}`,
      'user.privileged: root',
      'user.unprivileged: nobody',
      'client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }',
      'socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }\n',
    ].join('\n'),
  )
  const environment = login ? [`LD_PRELOAD=${await accountLibrary(folder)}`] : []
  await start('danted', ['env', ...environment, 'danted'], ['-f', config], port)
  return port
}

export async function startTinyproxy({ login }: { readonly login: boolean }): Promise<number> {
  const port = await freePort()
  const config = join(await temporaryFolder(), 'tinyproxy.conf')
  const lines = [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 60', 'MaxClients 50', 'DisableViaHeader No']
  if (login) lines.push(`BasicAuth ${account.username} ${account.password}`)
  await writeFile(config, `${lines.join('\n')}\n`)
  await start('tinyproxy', ['tinyproxy'], ['-d', '-c', config], port)
  return port
}

export async function startV2ray(protocol: 'socks' | 'http'): Promise<number> {
  const port = await freePort()
  const config = join(await temporaryFolder(), 'v2ray.json')
  const accounts = [{ user: account.username, pass: account.password }]
  const socks = { auth: 'password', accounts, udp: true, ip: '127.0.0.1' }
  const settings = protocol === 'socks' ? socks : { accounts }
  const inbounds = [{ listen: '127.0.0.1', port, protocol, settings }]
  await writeFile(
    config,
    JSON.stringify({ log: { loglevel: 'warning' }, inbounds, outbounds: [{ protocol: 'freedom' }] }),
  )
  await start('v2ray', ['v2ray'], ['-config', config], port)
  return port
}

/** Starts an HTTP/2 proxy with TLS, which passes each tunnel on to the HTTP/1.1 proxy at `backendPort`. */
export async function startNghttpx(backendPort: number): Promise<number> {
  const folder = await temporaryFolder()
  const port = await freePort()
  const { key, cert } = testCertificate()
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  await writeFile(keyFile, key)
  await writeFile(certFile, cert)
  const places = [`-f127.0.0.1,${port}`, `-b127.0.0.1,${backendPort}`]
  const logs = ['--errorlog-file=/dev/stderr', '--conf=/dev/null']
  await start('nghttpx', ['nghttpx'], ['--http2-proxy', ...places, '--workers=1', ...logs, keyFile, certFile], port)
  return port
}

/** Starts a program that listens on `port`; ended after the test. */
export async function start(
  title: string,
  command: readonly [string, ...string[]],
  args: readonly string[],
  port: number,
): Promise<void> {
  const process = new PeerProcess(title, command, args)
  afterTest(() => process.stop())
  const endMs = performance.now() + startTimeoutMs
  while (!(await answers(port))) {
    if (!process.running || performance.now() > endMs)
      throw new Error(`it does not listen on ${port}\n${process.report}`)
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // A pause between two checks.
    socket.once('error', () => setTimeout(() => resolve(false), 20))
  })
}

/** Builds a library that gives Dante the shadow entry of one user. */
async function accountLibrary(folder: string): Promise<string> {
  const hash = execFileSync('openssl', ['passwd', '-6', account.password], { encoding: 'utf8' }).trim()
  const source = join(folder, 'account.c')
  const library = join(folder, 'account.so')
  await writeFile(
    source,
    `#include <shadow.h>
#include <string.h>
struct spwd *getspnam(const char *name) {
  static struct spwd entry = { .sp_namp = "${account.username}", .sp_pwdp = "${hash}" };
  return strcmp(name, entry.sp_namp) == 0 ? &entry : 0;
}
`,
  )
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, source])
  return library
}
