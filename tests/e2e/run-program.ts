import { execFile } from 'node:child_process'

export interface ProgramResult {
  /** Exit code; 1 for a program that was ended by the limit. */
  readonly code: number
  readonly output: string
  readonly errors: string
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Text for its standard input. @default nothing */
  readonly input?: string
  /** Time after which it is ended, in milliseconds. @default 30000 */
  readonly timeoutMs?: number
}

/** Largest output that is kept, in bytes; the pages of these tests are far smaller. */
const outputBytes = 16 * 1024 * 1024

/** Runs a program to its end, without the developer's own proxy settings. */
export function runProgram(name: string, args: readonly string[], options: RunOptions = {}): Promise<ProgramResult> {
  const { environment = {}, input = '', timeoutMs = 30_000 } = options
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment }
  return new Promise((resolve) => {
    const child = execFile(
      name,
      args,
      { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: outputBytes, encoding: 'utf8' },
      (error, output, errors) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
        resolve({ code, output, errors: errors.trim() })
      },
    )
    // A program that needs no input may close it first.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}
