import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from '@ls/testkit'
import { afterTest } from '../stress/cleanup.js'

/** Time for a line of its output, in milliseconds: a busy machine takes seconds to start a program. */
const printedMs = 30_000

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
  readonly #ended: Promise<void>
  /** Emits `news` for each part of the output, and at the end. */
  readonly #life = new EventEmitter()
  #output = ''
  #hasEnded = false

  /** {@link HowToStart} may come before the program's arguments. */
  constructor(first: string | HowToStart, ...rest: string[]) {
    const [how, args] = typeof first === 'string' ? [{}, [first, ...rest]] : [first, rest]
    const { node = process.execPath, environment = {}, shell, passed = [], endLater = afterTest }: HowToStart = how
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1', ...environment }
    const words = [...(shell === undefined ? [] : ['/bin/sh', '-c', shell, 'sh']), node, binary, ...args]
    this.#child = spawn(words[0] ?? node, words.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe', ...passed] })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    this.#ended = this.#untilEnd()
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
    try {
      return await within(this.#untilPrinted(pattern), `${pattern} in its output`, { timeoutMs: printedMs })
    } catch (error) {
      throw new Error(`${String(error)}\nIt printed:\n${this.#output}`, { cause: error })
    }
  }

  /** Resolves with its exit code when it has ended. */
  async exit(): Promise<number | null> {
    await this.#ended
    return this.#child.exitCode
  }

  async #untilPrinted(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output)
      if (match !== null) return match
      if (this.#hasEnded) throw new Error(`it ended with ${this.#child.exitCode ?? this.#child.signalCode}`)
      await once(this.#life, 'news')
    }
  }

  async #untilEnd(): Promise<void> {
    const closed = once(this.#child, 'close').catch(() => {})
    await once(this.#child, 'exit').catch((error: unknown) => this.#take(String(error)))
    // Its last output may come after its end. What it has started may keep the streams open for longer.
    await within(closed, 'the end of its output', { timeoutMs: 5000 }).catch(() => {})
    this.#hasEnded = true
    this.#life.emit('news')
  }

  #take(text: string): void {
    this.#output += text
    this.#life.emit('news')
  }
}
