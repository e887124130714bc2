import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { freePort, onceEvent, requireProgram } from '@ls/testkit'
import { afterTest } from './cleanup.js'

// Not required on CI machines: an echo server tests the same, and this shows that it works with a real program.
const environment = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` }
const sshd = requireProgram('sshd', environment)
const privilegeFolder = '/run/sshd'

/** Whether an SSH server and its clients can run here. */
export const canRunSsh =
  sshd !== undefined &&
  [requireProgram('ssh', environment), requireProgram('nc', environment)].every((program) => program !== undefined) &&
  (process.getuid?.() !== 0 || /^sshd:/m.test(readFileSync('/etc/passwd', 'utf8')))

/** An SSH server on a loopback port, for this user and with keys made for it; removed after the test. */
export class SshServer {
  readonly port: number
  readonly username = userInfo().username
  readonly #folder: string

  static async start(): Promise<SshServer> {
    const server = new SshServer(mkdtempSync(join(tmpdir(), 'linksocks-ssh-')), await freePort())
    await server.#listen()
    return server
  }

  private constructor(folder: string, port: number) {
    this.port = port
    this.#folder = folder
    afterTest(() => rmSync(folder, { recursive: true }))
  }

  /** An accepted private key, for clients without support for Ed25519. */
  get pemKey(): string {
    return readFileSync(this.#file('pem-key'), 'utf8')
  }

  /** Opens a session through the proxy whose far end sends all bytes back. */
  openEcho(socks: { readonly host: string; readonly port: number }): Duplex {
    return this.openEchoBy(`nc -X 5 -x ${socks.host}:${socks.port} %h %p`)
  }

  /** The same with a command that joins its input and output with the server; the command contains `%h:%p`. */
  openEchoBy(command: string): Duplex {
    const proxy = `ProxyCommand=${command}`
    const trust = ['-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${this.#file('known')}`]
    const target = ['-i', this.#file('key'), '-p', String(this.port), `${this.username}@127.0.0.1`]
    const child = spawn('ssh', ['-q', '-T', '-F', 'none', '-o', proxy, ...trust, ...target, 'cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    afterTest(() => child.kill())
    return Duplex.from({ readable: child.stdout, writable: child.stdin })
  }

  async #listen(): Promise<void> {
    for (const key of ['key', 'host-key'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.#file(key)])
    for (const key of ['pem-key', 'pem-host-key'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-m', 'PEM', '-N', '', '-f', this.#file(key)])
    const letIn = ['key.pub', 'pem-key.pub'].map((key) => readFileSync(this.#file(key), 'utf8'))
    writeFileSync(this.#file('authorized'), letIn.join(''))
    writeFileSync(this.#file('config'), this.#config())
    if (process.getuid?.() === 0 && !existsSync(privilegeFolder)) mkdirSync(privilegeFolder, { mode: 0o755 })
    const child = spawn(sshd ?? 'sshd', ['-D', '-e', '-f', this.#file('config')], { stdio: 'ignore' })
    afterTest(() => child.kill())
    await this.#reachable()
  }

  async #reachable(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const socket = connect(this.port, '127.0.0.1')
      socket.on('error', () => {})
      const connected = await onceEvent(socket, 'connect', { timeoutMs: 100 }).catch(() => undefined)
      if (connected !== undefined) await onceEvent(socket, 'data', { timeoutMs: 10_000 })
      socket.destroy()
      if (connected !== undefined) return
    }
    throw new Error(`sshd does not listen at port ${this.port} after 10 s`)
  }

  #config(): string {
    return [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${this.#file('host-key')}`,
      `HostKey ${this.#file('pem-host-key')}`,
      `AuthorizedKeysFile ${this.#file('authorized')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin prohibit-password',
      '',
    ].join('\n')
  }

  #file(name: string): string {
    return join(this.#folder, name)
  }
}
