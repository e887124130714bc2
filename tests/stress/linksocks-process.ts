import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onceEvent, within } from '@ls/testkit'
import { afterTest } from './cleanup.js'

const program = fileURLToPath(new URL('../../apps/cli/bin/linksocks.js', import.meta.url))

/** The built `linksocks` command as a process of its own, so that it can be killed; ended after the test. */
export class LinkSocksProcess {
  readonly #child: ChildProcess
  #output = ''
  #changed: (() => void) | undefined

  /** @throws when the command is not built */
  constructor(...args: readonly string[]) {
    if (!existsSync(fileURLToPath(new URL('../dist/main.js', `file://${program}`)))) {
      throw new Error('the command is not built: run `pnpm build`')
    }
    this.#child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (text) => this.#take(String(text)))
    this.#child.on('close', () => this.#take('\n'))
    afterTest(() => this.kill())
  }

  /** Everything that it has written so far, to both streams. */
  get output(): string {
    return this.#output
  }

  get exitCode(): number | null {
    return this.#child.exitCode
  }

  /** Waits for output that matches; resolves with its first group. */
  async says(pattern: RegExp, timeoutMs = 10_000): Promise<string> {
    const seen = async (): Promise<string> => {
      for (;;) {
        const match = pattern.exec(this.#output)
        if (match !== null) return match[1] ?? match[0]
        if (this.#child.exitCode !== null) throw new Error(`it ended and never said ${pattern}:\n${this.#output}`)
        await new Promise<void>((resolve) => (this.#changed = resolve))
      }
    }
    return within(seen(), `${pattern} in:\n${this.#output}`, { timeoutMs })
  }

  /** Waits for its end; resolves with the exit code. */
  async exits(): Promise<number | null> {
    if (this.#child.exitCode === null) await onceEvent(this.#child, 'exit', { timeoutMs: 10_000 })
    return this.#child.exitCode
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** `kill -9`: the process cannot close its connections. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = onceEvent(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  #take(text: string): void {
    this.#output += text
    const changed = this.#changed
    this.#changed = undefined
    changed?.()
  }
}
