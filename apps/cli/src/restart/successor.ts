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
  /** Listening sockets that it is given. */
  readonly sockets: readonly PassableSocket[]
  /** This process is the first, and others may be waiting for it to end. */
  readonly isFirst: boolean
}

/** The process that takes over from this one: the same program with the same arguments. */
export class Successor {
  readonly #child: ChildProcess
  /** Rejects once it has ended. */
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

  /** Starts it. */
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

  /** The end of this pipe is that of the last successor; undefined unless this is the first process. */
  get keeper(): Readable | undefined {
    const stdio: readonly unknown[] = this.#child.stdio
    return (stdio[keeperFd] as Readable | null) ?? undefined
  }

  /** Waits until it has said so. @throws Error when it ends, or takes longer than {@link stepMs} */
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

  /** Resolves once it is on the way, or cannot be. */
  tell(message: ToSuccessor): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#child.connected) return resolve()
      this.#child.send(message, () => resolve())
    })
  }

  /** It has taken over, and this process need not wait for it. */
  release(): void {
    this.#child.unref()
    this.#child.channel?.unref()
  }

  /** It is not to take over. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

/** In a single executable the program is not named again. */
function ownArguments(): readonly string[] {
  const [, path = '', ...rest] = process.argv
  return path === process.execPath ? rest : [isProgram(path) ? path : ownProgram(), ...rest]
}

/** A link to the program may lead to a newer one by now. A script that only starts the program is not for Node. */
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
