import { execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort, requireProgram } from '@ls/testkit'
import { afterTest } from '../stress/cleanup.js'

// Not required on CI machines: it only shows that an example works, and is large.
const environment = { PATH: process.env['PATH'] ?? '' }
const programs = ['initdb', 'postgres'].map((name) => requireProgram(name, environment))

/** PostgreSQL refuses to run as root: it then runs as the user that its package creates. */
const account: Account | undefined = process.getuid?.() === 0 ? findAccount('postgres') : {}

interface Account {
  readonly uid?: number
  readonly gid?: number
}

/** Whether a PostgreSQL server can run here. */
export const canRunPostgres = programs.every((program) => program !== undefined) && account !== undefined

/** A PostgreSQL server on a loopback port, with the user `postgres`; removed after the test. */
export class PostgresServer {
  readonly password = 'sekret'
  readonly port: number
  readonly #folder: string

  static async start(): Promise<PostgresServer> {
    const server = new PostgresServer(mkdtempSync(join(tmpdir(), 'linksocks-postgres-')), await freePort())
    await server.#listen()
    return server
  }

  private constructor(folder: string, port: number) {
    this.port = port
    this.#folder = folder
    afterTest(() => rmSync(folder, { recursive: true, maxRetries: 10 }))
  }

  async #listen(): Promise<void> {
    const { uid, gid } = account ?? {}
    const passwordFile = join(this.#folder, 'password')
    writeFileSync(passwordFile, this.password)
    if (uid !== undefined && gid !== undefined)
      for (const path of [this.#folder, passwordFile]) chownSync(path, uid, gid)
    const data = join(this.#folder, 'data')
    const how = ['-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync']
    execFileSync('initdb', ['-D', data, ...how], { ...account, stdio: 'ignore', cwd: this.#folder })
    const where = ['-D', data, '-p', String(this.port), '-h', '127.0.0.1', '-k', this.#folder, '-F']
    const child = spawn('postgres', where, { ...account, stdio: ['ignore', 'ignore', 'pipe'], cwd: this.#folder })
    afterTest(() => child.kill('SIGQUIT'))
    for await (const line of createInterface(child.stderr)) if (line.includes('ready to accept connections')) return
    throw new Error('PostgreSQL has ended')
  }
}

function findAccount(name: string): Account | undefined {
  try {
    const idOf = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }))
    return { uid: idOf('-u'), gid: idOf('-g') }
  } catch {
    return undefined
  }
}
