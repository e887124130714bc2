import { type ChildProcess, spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { PassableSocket } from '@ls/dial'
import {
  keeperFd,
  stepMs,
  type Succession,
  successionVariable,
  type ToPredecessor,
  type ToSuccessor,
} from './succession.js'

export interface SuccessorOptions {
  readonly folder: string
  /** Listening sockets that it receives. */
  readonly sockets: readonly PassableSocket[]
  /** Whether this process is the first, for whose end others may wait. */
  readonly isFirst: boolean
}

/** Process that takes over from this one: the same program with the same arguments. */
export class Successor {
  readonly #child: ChildProcess
  /** Rejects when it has ended. */
  readonly #ended: Promise<never>
  readonly #arrived = new Set<ToPredecessor['kind']>()
  #onMessage = (): void => {}

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#ended = new Promise((_resolve, reject) => {
      child.once('error', (error) => reject(new Error(`the new process does not start: ${error.message}`)))
      child.once('exit', (code, signal) => {
        const how = signal === null ? `with code ${code}` : `by ${signal}`
        reject(new Error(`the new process ended ${how} before it was ready; its log says why`))
      })
    })
    this.#ended.catch(() => {})
    child.on('message', ({ kind }: ToPredecessor) => {
      this.#arrived.add(kind)
      this.#onMessage()
    })
  }

  /** Starts the process. */
  static start({ folder, sockets, isFirst }: SuccessorOptions): Successor {
    const places = sockets.map(({ place }) => place)
    const lent = sockets.filter(({ isLent }) => isLent).map(({ place }) => place)
    const succession: Succession = { folder, places, lent }
    const { WATCHDOG_PID: _pid, ...environment } = process.env
    const child = spawn(process.execPath, [...process.execArgv, ...ownArguments()], {
      env: { ...environment, [successionVariable]: JSON.stringify(succession) },
      stdio: [0, 1, 2, 'ipc', isFirst ? 'pipe' : keeperFd, ...sockets.map(({ fd }) => fd)],
    })
    return new Successor(child)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Pipe that ends with the last successor; undefined unless this is the first process. */
  get keeper(): Readable | undefined {
    const stdio: readonly unknown[] = this.#child.stdio
    return (stdio[keeperFd] as Readable | null) ?? undefined
  }

  /** Waits for a message of this kind. @throws Error when it ends, or takes longer than {@link stepMs} */
  async said(kind: ToPredecessor['kind']): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const said = new Promise<void>((resolve, reject) => {
      this.#onMessage = () => {
        if (this.#arrived.has(kind)) resolve()
      }
      const late = (): void => reject(new Error(`the new process was not ${kind} within ${stepMs / 1000} s`))
      timer = setTimeout(late, stepMs)
    })
    this.#onMessage()
    try {
      await Promise.race([said, this.#ended])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Sends a message; resolves when it is sent, or cannot be. */
  tell(message: ToSuccessor): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#child.connected) return resolve()
      this.#child.send(message, () => resolve())
    })
  }

  /** Stops waiting for the process: it has taken over. */
  release(): void {
    this.#child.unref()
    this.#child.channel?.unref()
  }

  /** Ends the process: it must not take over. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

/** Arguments of Node and the program; a single executable does not name the program again. */
function ownArguments(): readonly string[] {
  const [, path = '', ...rest] = process.argv
  return path === process.execPath ? rest : [isProgram(path) ? path : ownProgram(), ...rest]
}

/**
 * Whether a path is the program itself. A symbolic link may lead to a newer program by now, and Node cannot run a shell
 * script that starts the program.
 */
function isProgram(path: string): boolean {
  try {
    return basename(realpathSync(path)) === programFile
  } catch {
    return false
  }
}

function ownProgram(): string {
  return fileURLToPath(new URL(`../../bin/${programFile}`, import.meta.url))
}

const programFile = 'linksocks.js'
