import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { until } from '@ls/testkit'
import { afterTest } from '../stress/cleanup.js'

const binary = fileURLToPath(new URL('../../apps/cli/bin/linksocks.js', import.meta.url))

interface HowToStart {
  /** Runs the program with that Node. @default the one that runs the tests */
  readonly node?: string
  readonly environment?: Readonly<Record<string, string>>
  /** A shell script that ends in `exec "$@"`, for limits and redirected output. @default none */
  readonly shell?: string
  /** File descriptors that it gets, from number 3 on. @default none */
  readonly passed?: readonly number[]
  /** Receives the function that ends the program. @default afterTest */
  readonly endLater?: (end: () => void) => void
}

/** The built `linksocks`, started with `args` and ended after the test. */
export class Program {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #output = ''

  /** {@link HowToStart} may come before the program's arguments. */
  constructor(first: string | HowToStart, ...rest: string[]) {
    const [how, args] = typeof first === 'string' ? [{}, [first, ...rest]] : [first, rest]
    const { node = process.execPath, environment = {}, shell, passed = [], endLater = afterTest }: HowToStart = how
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1', ...environment }
    const words = [...(shell === undefined ? [] : ['/bin/sh', '-c', shell, 'sh']), node, binary, ...args]
    this.#child = spawn(words[0] ?? node, words.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe', ...passed] })
    this.#exited = once(this.#child, 'exit')
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    endLater(() => this.#child.kill('SIGKILL'))
  }

  /** All its output so far, on both streams. */
  get output(): string {
    return this.#output
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits until its output matches `pattern`. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    await until(() => pattern.test(this.#output) || this.#child.exitCode !== null, `${pattern} in its output`, {
      timeoutMs: 15_000,
    })
    const match = pattern.exec(this.#output)
    if (match === null) throw new Error(`it exited with ${this.#child.exitCode} and printed:\n${this.#output}`)
    return match
  }

  /** Resolves with its exit code when it has ended. */
  async exit(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#exited
    return this.#child.exitCode
  }
}
