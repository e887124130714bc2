import { createHmac } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { BrokerPort } from '@ls/cluster'
import type { Snapshot } from '@ls/foundation'
import {
  type FromWorker,
  type ToWorker,
  type WorkerRequest,
  type WorkerStart,
  workerVariable,
} from './worker-messages.js'

/** Signals that reach a whole process group or service. The primary decides about them, and passes them on. */
const groupSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGURG'] as const

/** This process as one of several that share the ports of a server. */
export class Worker {
  /** Signals that the primary has passed on, in place of those of the process. */
  readonly signals = new EventEmitter()
  readonly #start: WorkerStart
  readonly #process: NodeJS.Process
  #isLeaving = false
  #isLeavingWithAll = false
  /** Requests that the primary has not answered. */
  #requests: { what: WorkerRequest; settle(done: Extract<ToWorker, { worker: 'done' }>): void }[] = []

  private constructor(start: WorkerStart, process: NodeJS.Process) {
    this.#start = start
    this.#process = process
    for (const signal of groupSignals) process.on(signal, () => {})
    process.on('message', (message) => this.#receive(message as ToWorker))
  }

  /** Undefined where this process is no worker. */
  static find(process: NodeJS.Process): Worker | undefined {
    const text = process.env[workerVariable]
    // Programs that this one starts are no workers.
    Reflect.deleteProperty(process.env, workerVariable)
    return text === undefined || process.send === undefined
      ? undefined
      : new Worker(JSON.parse(text) as WorkerStart, process)
  }

  /** Number of its place, from 0. */
  get index(): number {
    return this.#start.index
  }

  /** Folder of the UNIX sockets between workers. */
  get folder(): string {
    return this.#start.folder
  }

  /** TCP ports of the primary, which clients must not reach. */
  get primaryPorts(): readonly number[] {
    return this.#start.ports
  }

  /** Whether it prints addresses and generated tokens. */
  get prints(): boolean {
    return this.#start.prints
  }

  /** Whether another worker takes the place of this one. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Whether all workers drain. */
  get isLeavingWithAll(): boolean {
    return this.#isLeavingWithAll
  }

  /** Connection to the broker in the primary process. */
  get brokerPort(): BrokerPort {
    return {
      send: (message) => this.#send(message),
      onMessage: (receive) => void this.#process.on('message', receive),
    }
  }

  /** Variables of a service manager: the primary is the one of a worker. */
  get environment(): Readonly<Record<string, string>> {
    return { NOTIFY_SOCKET: 'primary' }
  }

  /** A generated token, the same at all workers. */
  made(server: string, use: string): string {
    const known = this.#start.made[use]
    if (known !== undefined) return known
    const name = `${server} ${use}`
    return createHmac('sha256', Buffer.from(this.#start.seed, 'hex')).update(name).digest('hex').slice(0, tokenDigits)
  }

  /** Reports to the primary, in the form that systemd uses. */
  readonly notify = (variables: readonly string[]): void => {
    this.#send({ worker: 'notify', variables } satisfies FromWorker)
  }

  /** Reports counters to the primary, which answers for all workers; returns a function that reports the last ones. */
  report(snapshot: () => Snapshot): () => void {
    const send = (): void => this.#send({ worker: 'snapshot', snapshot: snapshot() } satisfies FromWorker)
    const timer = setInterval(send, reportMs)
    send()
    return () => {
      clearInterval(timer)
      send()
    }
  }

  /** Asks the primary for something that concerns all workers. @throws Error with the reason of a refusal */
  request(what: WorkerRequest): Promise<{ readonly pid: number }> {
    this.#send({ worker: 'request', what } satisfies FromWorker)
    return new Promise((resolve, reject) => {
      const settle = ({ pid, error }: Extract<ToWorker, { worker: 'done' }>): void => {
        if (error === undefined) resolve({ pid })
        else reject(new Error(error))
      }
      this.#requests.push({ what, settle })
    })
  }

  #receive(message: ToWorker): void {
    if (message.worker === 'leave') {
      this.#isLeaving = true
      this.signals.emit('SIGUSR2')
    } else if (message.worker === 'signal') {
      if (message.signal === 'SIGUSR2') this.#isLeavingWithAll = true
      this.signals.emit(message.signal)
    } else if (message.worker === 'done') {
      const answered = this.#requests.filter(({ what }) => what === message.what)
      this.#requests = this.#requests.filter(({ what }) => what !== message.what)
      for (const { settle } of answered) settle(message)
    }
  }

  #send(message: object): void {
    if (this.#process.connected) this.#process.send?.(message)
  }
}

/** Time between two reports of counters, in milliseconds: much less than between two scrapes. */
const reportMs = 1000

/** Length of generated tokens, in hex digits: 16 bytes, as those of the library. */
const tokenDigits = 32
