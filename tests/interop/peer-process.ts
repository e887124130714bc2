import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Where an ended process leaves what it printed; older output is dropped. 64 KiB tells a story, more hides it. */
const outputCharacters = 64 * 1024
/** A program that ignores SIGTERM this long is killed. */
const stopTimeoutMs = 3000

/** One started program, its output kept for the message of a failing test. */
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

  /** What it printed last, under its title. */
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

/** Nothing of the developer's own settings: no proxies, no tokens; plain wide lines out of Python's log handler. */
function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    COLUMNS: '200',
    NO_COLOR: '1',
    PYTHONUNBUFFERED: '1',
  }
}
