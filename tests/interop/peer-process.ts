import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Most characters of a program's output that are kept; older output is dropped. */
const outputCharacters = 64 * 1024
/** Time after which a program that ignores SIGTERM is killed, in milliseconds. */
const stopTimeoutMs = 3000

/** A started program. Its output is kept for the message of a failing test. */
export class PeerProcess {
  readonly title: string
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #output = ''

  constructor(title: string, command: readonly [string, ...string[]], args: readonly string[]) {
    const [program, ...leading] = command
    this.title = title
    this.#child = spawn(program, [...leading, ...args], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    this.#exited = once(this.#child, 'exit').catch((error: unknown) => this.#keep(String(error)))
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#keep(text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#keep(text))
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined
  }

  /** Exit code, or null while it runs and after a signal. */
  get exitCode(): number | null {
    return this.#child.exitCode
  }

  /** Its last output, with a title. */
  get report(): string {
    return `--- ${this.title} (exit ${this.#child.exitCode ?? this.#child.signalCode ?? 'none yet'})\n${this.#output}`
  }

  /** Settles when the program has ended by itself. */
  async exit(): Promise<void> {
    await this.#exited
  }

  async stop(): Promise<void> {
    if (!this.running) return
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs)
    await this.#exited
    clearTimeout(timer)
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-outputCharacters)
  }
}

/**
 * Returns an environment without the developer's own settings, such as proxies and tokens. Python's log handler writes
 * plain, wide lines.
 */
function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    COLUMNS: '200',
    NO_COLOR: '1',
    PYTHONUNBUFFERED: '1',
  }
}
