import type { Worker as WorkerProcess } from 'node:cluster'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from '@ls/cluster'
import { makeFolders } from '@ls/dial'
import type { Snapshot } from '@ls/foundation'
import type { CommandContext } from '../commands/context.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { mergeSnapshots, totalsOf } from './merge-snapshots.js'
import {
  type FromWorker,
  type ToWorker,
  type WorkerRequest,
  type WorkerStart,
  workerVariable,
} from './worker-messages.js'

/** The part of `node:cluster` that is used here. */
interface Forks {
  /** Starts a process with these further variables. */
  fork(environment: Record<string, string>): WorkerProcess
}

export interface PrimaryOptions {
  readonly count: number
  readonly forks: Forks
  readonly broker: Broker
  /** Source of SIGHUP, SIGUSR1 and SIGURG: the process. */
  readonly signals: Pick<NodeJS.Process, 'on' | 'off'>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Counters of a server that does not listen, for the time before the first report. */
  unreported(): Snapshot
  /** Secret of generated tokens, and those that a single process has generated. @default random, and none */
  readonly state?: { readonly seed: string; readonly made: Readonly<Record<string, string>> } | undefined
  /** TCP ports of this process, which clients of the workers must not reach. */
  ports(): readonly number[]
}

type PrimaryContext = Pick<CommandContext, 'logger' | 'stop' | 'draining' | 'service'>

/** A worker, as its parent sees it. */
interface Child {
  readonly index: number
  readonly process: WorkerProcess
  readonly startedAtMs: number
  /** Whether it was asked to end. */
  isEnding: boolean
  /** Resolves with true when it serves, with false when it has ended before. */
  readonly ready: Promise<boolean>
  /** Its last counters. */
  snapshot: Snapshot | undefined
}

/** Time after which the count of failures begins anew, in milliseconds: a worker that lives longer has worked. */
const provenMs = 60_000

/** Wait before a worker is started again, in milliseconds; doubled with each failure in a row. */
const again = { firstMs: 100, mostMs: 30_000 } as const

/** The process that starts the workers, passes signals on to them, and runs their broker. It carries no traffic. */
export class Primary {
  readonly #options: PrimaryOptions
  readonly #context: PrimaryContext
  readonly #children = new Set<Child>()
  readonly #folder: string
  readonly #seed: string
  #failures = 0
  #rolling: Promise<void> = Promise.resolve()
  /** Receivers of the answer to requests for new workers. */
  readonly #askers: ((error?: string) => void)[] = []
  #hasStarted = false
  /** Totals of workers that have ended. */
  #past: readonly Snapshot[] = []
  #failure: ExitCode = exitCode.failure
  #onEmpty = (): void => {}

  constructor(options: PrimaryOptions, context: PrimaryContext) {
    this.#options = options
    this.#context = context
    this.#seed = options.state?.seed ?? randomBytes(32).toString('hex')
    const { XDG_RUNTIME_DIR: runtime = '' } = options.environment
    this.#folder = join(runtime === '' ? tmpdir() : runtime, `linksocks-${randomBytes(8).toString('hex')}`)
  }

  /** Folder of the UNIX sockets of the workers. */
  get folder(): string {
    return this.#folder
  }

  /** Counters of all workers together, those that have ended included; at most a second old. */
  snapshot(): Snapshot {
    const live = [...this.#children].flatMap(({ snapshot }) => snapshot ?? [])
    return mergeSnapshots(live.length === 0 ? [this.#options.unreported(), ...this.#past] : [...live, ...this.#past])
  }

  /** Runs the workers until the program is requested to end. */
  async run(): Promise<ExitCode> {
    const { signals } = this.#options
    const { service, stop, draining } = this.#context
    makeFolders(this.#folder)
    const passOn = (signal: 'SIGHUP' | 'SIGUSR1') => (): void => {
      // A hang-up may have been the request to end.
      if (!stop.aborted) this.#tell({ worker: 'signal', signal })
    }
    const listeners = { SIGHUP: passOn('SIGHUP'), SIGUSR1: passOn('SIGUSR1'), SIGURG: () => void this.replaceAll() }
    for (const [signal, listener] of Object.entries(listeners)) signals.on(signal, listener)
    const end = (signal: 'SIGTERM' | 'SIGUSR2') => (): void => {
      for (const child of this.#children) child.isEnding = true
      this.#tell({ worker: 'signal', signal })
    }
    stop.addEventListener('abort', end('SIGTERM'), { once: true })
    draining.signal.addEventListener('abort', end('SIGUSR2'), { once: true })
    try {
      const isUp = await this.#startAll()
      if (isUp) service.ready()
      if (this.#children.size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve))
      return isUp || this.#isEnding ? exitCode.ok : this.#failure
    } finally {
      for (const [signal, listener] of Object.entries(listeners)) signals.off(signal, listener)
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }

  /**
   * Starts a new process for each worker; the old ones end when their connections have. All or none are replaced. Never
   * rejects.
   */
  replaceAll(): Promise<void> {
    this.#rolling = this.#rolling.then(() => this.#replaceAll())
    return this.#rolling
  }

  get #isEnding(): boolean {
    const { stop, draining } = this.#context
    return stop.aborted || draining.signal.aborted
  }

  /** Starts the first worker, which prints addresses and creates files, and then the others. */
  async #startAll(): Promise<boolean> {
    if (!(await this.#start({ index: 0, prints: true }).ready)) return false
    this.#hasStarted = true
    const { count } = this.#options
    const others = Array.from({ length: count - 1 }, (_none, at) => this.#start({ index: at + 1, prints: false }).ready)
    const isComplete = (await Promise.all(others)).every(Boolean)
    if (isComplete) this.#context.logger.info({ workers: count }, 'all workers serve')
    return true
  }

  async #replaceAll(): Promise<void> {
    const { logger } = this.#context
    const old = [...this.#children].filter(({ isEnding }) => !isEnding)
    const next = old.map(({ index }) => this.#start({ index, prints: false }))
    // A worker that ends before all of them serve is not started again.
    for (const child of next) child.isEnding = true
    const isReady = (await Promise.all(next.map(({ ready }) => ready))).every(Boolean)
    if (!isReady || this.#isEnding) {
      if (!this.#isEnding) logger.error({}, 'no restart: a new worker did not start, the old ones continue')
      for (const { process } of next) process.kill('SIGKILL')
      this.#answerAskers('a new worker did not start; the log says why')
      return
    }
    for (const child of next) child.isEnding = false
    // A worker sends its answers before it closes.
    this.#answerAskers()
    // All at the same time: a client that leaves one worker must not come to another one that ends as well.
    for (const child of old) {
      child.isEnding = true
      child.process.send({ worker: 'leave' } satisfies ToWorker)
    }
    logger.info({ workers: next.length }, 'new workers have taken over; open connections continue in the old ones')
  }

  #start({ index, prints }: Pick<WorkerStart, 'index' | 'prints'>): Child {
    const { forks, broker } = this.#options
    const shared = { folder: this.#folder, seed: this.#seed, made: this.#options.state?.made ?? {} }
    const start: WorkerStart = { index, ...shared, ports: this.#options.ports(), prints }
    // The primary reports to the service manager.
    const none = { NOTIFY_SOCKET: '', WATCHDOG_USEC: '' }
    const process = forks.fork({ ...none, [workerVariable]: JSON.stringify(start) })
    const ended = broker.serve({
      send: (message) => void (process.isConnected() && process.send(message)),
      onMessage: (receive) => void process.on('message', receive),
    })
    const ready = new Promise<boolean>((resolve) => {
      process.on('message', (message: FromWorker) => {
        if (message.worker === 'snapshot') child.snapshot = message.snapshot
        if (message.worker === 'request') void this.#fulfil(message.what, process)
        if (message.worker !== 'notify') return
        if (message.variables.includes('READY=1')) resolve(true)
        if (index === 0 && this.#hasStarted) this.#relay(message.variables)
      })
      process.once('exit', () => resolve(false))
    })
    const child: Child = { index, process, startedAtMs: performance.now(), isEnding: false, ready, snapshot: undefined }
    this.#children.add(child)
    // A worker that has just ended gets no more messages.
    process.on('error', () => {})
    process.once('exit', (code, signal) => {
      ended()
      this.#ended(child, signal ?? code)
    })
    return child
  }

  /** Does for all workers what a user of one worker's API requests. */
  async #fulfil(what: WorkerRequest, asker: WorkerProcess): Promise<void> {
    const answer = (error?: string): void => {
      const done: ToWorker = { worker: 'done', what, pid: process.pid, error }
      if (asker.isConnected()) asker.send(done)
    }
    if (what === 'restart') {
      this.#askers.push(answer)
      await this.replaceAll()
      return
    }
    answer()
    this.#context.draining.request()
  }

  /** Answers the workers that have requested new workers. */
  #answerAskers(error?: string): void {
    for (const answer of this.#askers.splice(0)) answer(error)
  }

  /** Tells the service manager of a reload, which all workers do alike. */
  #relay(variables: readonly string[]): void {
    const { service } = this.#context
    if (variables.includes('RELOADING=1')) service.reloading()
    else if (variables.includes('READY=1')) service.ready()
  }

  #ended(child: Child, how: string | number): void {
    const { logger } = this.#context
    this.#children.delete(child)
    if (child.snapshot !== undefined) this.#past = [mergeSnapshots([...this.#past, totalsOf(child.snapshot)])]
    const { index, startedAtMs, isEnding } = child
    if (!isEnding && !this.#isEnding && this.#hasStarted) {
      this.#failures = performance.now() - startedAtMs > provenMs ? 0 : this.#failures + 1
      const delayMs = Math.min(again.mostMs, again.firstMs * 2 ** Math.max(0, this.#failures - 1))
      logger.error({ worker: index, how, delayMs }, `worker ${index} ended (${how}), and is started again`)
      setTimeout(() => {
        if (!this.#isEnding) this.#start({ index, prints: false })
      }, delayMs)
      return
    }
    if (!this.#hasStarted && how === exitCode.usage) this.#failure = exitCode.usage
    if (this.#children.size === 0) this.#onEmpty()
  }

  #tell(message: ToWorker): void {
    for (const { process } of this.#children) if (process.isConnected()) process.send(message)
  }
}
