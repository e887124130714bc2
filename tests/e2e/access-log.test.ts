import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import { echoServer, onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { Program } from './program.js'
import { temporaryFolder } from './temporary-folder.js'

const isWindows = process.platform === 'win32'

/** Time for programs to start on a busy machine, in milliseconds. */
const startMs = 30_000

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').trim().split('\n').filter(Boolean)
  } catch {
    return []
  }
}

test('linksocks server --access-log writes a line for a connection that is over, with the id of its token', async () => {
  const path = join(await temporaryFolder(), 'access.log')
  const arguments_ = ['-t', 'my_token', '--ws-host', '127.0.0.1', '--ws-port', '0', '--access-log', path]
  const server = new Program('server', ...arguments_)
  const [, url = ''] = await server.printed(/listening: (ws:\S+)/)
  const client = closing(new LinkSocksClient({ url, token: 'my_token', proxy: { port: 0 } }))
  await client.start()
  const target = closing(await echoServer())
  const socket = await connect({ proxy: client.socksAddress!, target })
  socket.write('ping')
  await onceEvent(socket, 'data')
  socket.end()
  await until(() => linesOf(path).length === 1, 'the line')
  expect(JSON.parse(linesOf(path)[0] ?? '')).toMatchObject({
    tenant: createHash('sha256').update('my_token').digest('hex').slice(0, 12),
    role: 'forward',
    peer: '127.0.0.1',
    target: `127.0.0.1:${target.port}`,
    bytesToTarget: 4,
    bytesFromTarget: 4,
    reason: 'ok',
  })
})

describe.skipIf(isWindows)('linksocks under systemd', () => {
  /** A program in place of systemd-notify, which records its arguments. */
  async function fakeNotify(): Promise<{ folder: string; told: () => string }> {
    const folder = await temporaryFolder()
    const path = join(folder, 'systemd-notify')
    await writeFile(path, `#!/bin/sh\necho "$@" >> "${folder}/told"\n`)
    await chmod(path, 0o755)
    return { folder, told: () => linesOf(join(folder, 'told')).join('\n') }
  }

  test('reports when it is ready, and when it stops', async () => {
    const { folder, told } = await fakeNotify()
    const environment = { PATH: `${folder}:${process.env['PATH']}`, NOTIFY_SOCKET: join(folder, 'socket') }
    const server = new Program({ environment }, 'server', '-t', 'my_token', '--ws-host', '127.0.0.1', '--ws-port', '0')
    await until(() => told().includes('READY=1'), 'READY', { timeoutMs: startMs })
    server.kill('SIGTERM')
    await until(() => told().includes('STOPPING=1'), 'STOPPING', { timeoutMs: startMs })
    expect(told()).toContain(`--pid=${server.pid} READY=1 STATUS=running`)
  })
})

const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
print(s.recv(4096).decode(), flush=True)
`

/** Whether a program is installed and runs. */
function runs(name: string, ...words: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(name, words, { stdio: 'ignore' })
    child.on('error', () => resolve(false)).on('exit', (code) => resolve(code === 0))
  })
}

const hasSystemd = !isWindows && (await runs('systemd-notify', '--version')) && (await runs('python3', '--version'))

// systemd-notify comes with systemd, and Python receives its messages; the test above runs on all machines.
test.skipIf(!hasSystemd)('systemd-notify sends READY to the socket of systemd', async () => {
  const socket = join(await temporaryFolder(), 'notify')
  const systemd = spawn('python3', ['-c', receiver, socket], { stdio: ['ignore', 'pipe', 'ignore'] })
  closing({ close: () => systemd.kill() })
  let text = ''
  systemd.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await until(() => text.includes('bound'), 'the receiver', { timeoutMs: startMs })
  const environment = { NOTIFY_SOCKET: socket }
  void new Program({ environment }, 'server', '-t', 'my_token', '--ws-host', '127.0.0.1', '--ws-port', '0')
  await until(() => text.includes('READY=1'), 'READY', { timeoutMs: startMs })
  expect(text).toMatch(/READY=1\nSTATUS=running/)
})
