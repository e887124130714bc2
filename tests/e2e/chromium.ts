import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { requireProgram, type TestServer, within } from '@ls/testkit'

export const hasChromium = requireProgram('chromium') !== undefined

/** Time for an answer of the browser, in milliseconds: on a busy machine it takes seconds to start. */
const answerMs = 30_000

/** A browser without a window, with one page open. */
export interface Chromium {
  /** Reloads the page, as a person does. */
  reload(): Promise<void>
  /** Evaluates an expression in the page, or awaits its promise; returns the result as text. */
  evaluate(expression: string): Promise<string>
  /** Ends the browser with all its processes. */
  close(): Promise<void>
}

/** Starts Debian's Chromium with `url` open and a profile of its own. */
export async function openChromium(url: string): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), 'linksocks-chromium-'))
  const switches = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run']
  const child = spawn('chromium', [...switches, '--remote-debugging-pipe', `--user-data-dir=${profile}`, url], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    // The developer's own proxy settings are left out. The browser gets a process group, so that its children end with
    // it.
    env: { PATH: process.env['PATH'], HOME: profile },
    detached: true,
  })
  const exited = once(child, 'exit')
  const devtools = new DevTools(child.stdio[3] as Writable, child.stdio[4] as Readable)
  return {
    reload: async () => void (await devtools.callPage('Page.reload', {})),
    evaluate: async (expression) => {
      const { result } = await devtools.callPage<Evaluated>('Runtime.evaluate', { expression, awaitPromise: true })
      return String(result.value)
    },
    close: async () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid, 'SIGKILL')
        await exited
      }
      await rm(profile, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** Sends commands to a browser over a pair of pipes: JSON, each ended by a NUL. */
class DevTools {
  readonly #input: Writable
  readonly #waiting = new Map<number, (result: unknown) => void>()
  #lastId = 0
  #text = ''

  constructor(input: Writable, output: Readable) {
    this.#input = input.on('error', () => {})
    output.setEncoding('utf8').on('data', (chunk: string) => this.#receive(chunk))
  }

  /** Calls a method of the one page that is open. While there is none, or it is being replaced, it tries again. */
  async callPage<Answer>(method: string, params: object): Promise<Answer> {
    const endMs = performance.now() + answerMs
    for (;;) {
      const { targetInfos = [] } = (await this.#call<Targets>('Target.getTargets', {})) ?? {}
      const targetId = targetInfos.find(({ type }) => type === 'page')?.targetId
      const attached = targetId && (await this.#call<Attached>('Target.attachToTarget', { targetId, flatten: true }))
      const answer = attached && (await this.#call<Answer>(method, params, attached.sessionId))
      if (answer) return answer
      if (performance.now() > endMs) throw new Error(`Chromium has no page that can do ${method}`)
      await delay(20)
    }
  }

  /** Resolves with the answer, or with nothing where the browser answers with an error. */
  #call<Answer>(method: string, params: object, sessionId?: string): Promise<Answer | undefined> {
    const id = ++this.#lastId
    this.#input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    const answered = new Promise<unknown>((resolve) => this.#waiting.set(id, resolve))
    return within(answered, `Chromium to do ${method}`, { timeoutMs: answerMs }) as Promise<Answer | undefined>
  }

  #receive(chunk: string): void {
    const messages = (this.#text + chunk).split('\0')
    this.#text = messages.pop() ?? ''
    for (const message of messages) {
      const { id, result } = JSON.parse(message) as { id?: number; result?: unknown }
      if (id === undefined) continue
      this.#waiting.get(id)?.(result)
      this.#waiting.delete(id)
    }
  }
}

interface Targets {
  readonly targetInfos: readonly { readonly targetId: string; readonly type: string }[]
}

interface Attached {
  readonly sessionId: string
}

interface Evaluated {
  readonly result: { readonly value?: unknown }
}

/** Serves one page, at `/` on localhost. */
export async function pageServer(html: string): Promise<TestServer> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8').end(html)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await Promise.resolve()
  }
  return { host: 'localhost', port, close }
}
