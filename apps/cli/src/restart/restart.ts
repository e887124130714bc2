import { randomBytes } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ListeningSockets, listeningSockets, makeFolders, type PassableSocket } from '@ls/dial'
import type { Logger } from '@ls/foundation'
import { OwnersInFolder, ServerState } from '@ls/server'
import type { Environment } from '../arguments/environment.js'
import { messageOf } from '../output/describe-error.js'
import { keep, type Keeper, forwardSignals } from './keeper.js'
import type { Predecessor } from './predecessor.js'
import { Successor } from './successor.js'

/** A server that survives its process. */
export interface RestartablePart {
  /** Its name, the same in the process that takes over. */
  readonly name: string
  readonly state: ServerState
  /** Accepts links of its sessions from the process that takes over. */
  listenForPassed(): Promise<void>
}

export interface RestartOptions {
  /** Process from which this one takes over. */
  readonly predecessor: Predecessor | undefined
  readonly environment: Environment
  readonly logger: Logger
  /** Aborted when this process was asked to end: then no other takes over. */
  readonly ending: AbortSignal
  /** Called when another process has the ports: this one must end when it is idle. */
  onHandedOver(): void
  /** Replaces the process's sockets, for tests. */
  readonly sockets?: ListeningSockets
}

/** Starts a new process that takes over from this one; also takes over from the previous one. */
export class Restart {
  /** Folder in which processes pass links to each other. */
  readonly folder: string
  /** Process that has taken over. */
  successor: Successor | undefined
  readonly #options: RestartOptions
  readonly #sockets: ListeningSockets
  readonly #parts = new Map<string, RestartablePart>()
  #underWay: Promise<{ readonly pid: number }> | undefined
  #reporting: NodeJS.Timeout | undefined
  /** Set only in the first process. */
  #keeper: Keeper | undefined

  constructor(options: RestartOptions) {
    this.#options = options
    this.#sockets = options.sockets ?? listeningSockets
    const { XDG_RUNTIME_DIR: runtime = '' } = options.environment
    const parent = runtime === '' ? tmpdir() : runtime
    this.folder = options.predecessor?.folder ?? join(parent, `linksocks-${randomBytes(8).toString('hex')}`)
    options.predecessor?.onUsed((server, used) => this.#parts.get(server)?.state.usedElsewhere(used))
  }

  /** Does the same as {@link request}; undefined where sockets cannot be passed. */
  get requestIfPossible(): (() => Promise<{ readonly pid: number }>) | undefined {
    return process.platform === 'win32' ? undefined : () => this.request()
  }

  get isHandedOver(): boolean {
    return this.successor !== undefined
  }

  /** State of a server: of the previous process, otherwise of its file. */
  async stateOf(name: string, path: string | undefined): Promise<ServerState> {
    const text = await this.#options.predecessor?.stateOf(name)
    if (text !== undefined) return ServerState.handedOver(text, path)
    return path === undefined ? ServerState.inMemory() : ServerState.open(path)
  }

  /** Finds the process that has a session, for a server of this one. */
  makeOwners(): OwnersInFolder {
    return new OwnersInFolder(this.folder)
  }

  /** Adds a running server; returns a function that removes it once the new process has its last numbers. */
  add(part: RestartablePart): () => Promise<void> {
    this.#parts.set(part.name, part)
    return async () => {
      if (this.#parts.get(part.name) !== part) return
      await this.#report()
      this.#parts.delete(part.name)
    }
  }

  /** Reports that all servers of this process run. */
  ready(): void {
    const { predecessor } = this.#options
    if (predecessor !== undefined) this.#sockets.tookOver()
    predecessor?.ready()
    // Ports of providers open when their providers connect, which is soon or never.
    setTimeout(() => this.#sockets.closeUnused(), unusedMs).unref()
  }

  /** Makes SIGURG request a restart: programs that do not handle this signal ignore it. */
  listen(signals: Pick<EventEmitter, 'on'>): void {
    const request = this.requestIfPossible
    // The log says why it failed.
    if (request !== undefined) signals.on('SIGURG', () => void request().catch(() => {}))
  }

  /** Resolves when a new process has taken over. @throws Error that says why none has; this process then continues */
  request(): Promise<{ readonly pid: number }> {
    this.#underWay ??= this.#run().finally(() => {
      if (!this.isHandedOver) this.#underWay = undefined
    })
    return this.#underWay
  }

  /** Removes the folder if it is empty. The first process waits for the last one. */
  async close(): Promise<void> {
    clearInterval(this.#reporting)
    await this.#keeper?.ended
    try {
      rmdirSync(this.folder)
    } catch {
      // Other processes pass links there.
    }
  }

  async #run(): Promise<{ readonly pid: number }> {
    const { logger, ending } = this.#options
    const sockets = this.#sockets.passable
    const successor = await this.#prepare(sockets).catch((error: unknown) => {
      if (ending.aborted) throw new Error('no restart: this process was asked to end')
      logger.error({}, `no restart, this process continues: ${messageOf(error)}`)
      throw error
    })
    this.#handOver(successor, sockets)
    return { pid: successor.pid }
  }

  /** Starts a process, and waits until it can take over. @throws Error for one that cannot; it has ended then */
  async #prepare(sockets: readonly PassableSocket[]): Promise<Successor> {
    const { predecessor, ending } = this.#options
    ending.throwIfAborted()
    makeFolders(this.folder)
    const successor = Successor.start({ folder: this.folder, sockets, isFirst: predecessor === undefined })
    const kill = (): void => successor.kill()
    ending.addEventListener('abort', kill)
    try {
      await successor.said('prepared')
      await Promise.all([...this.#parts.values()].map((part) => part.listenForPassed()))
      await successor.tell({ kind: 'states', states: await this.#states() })
      await successor.said('ready')
      ending.throwIfAborted()
      return successor
    } catch (error) {
      kill()
      for (const { state } of this.#parts.values()) state.takeBack()
      throw error
    } finally {
      ending.removeEventListener('abort', kill)
    }
  }

  async #states(): Promise<Record<string, string>> {
    const entries = [...this.#parts.values()].map(async ({ name, state }) => [name, await state.handOver()] as const)
    return Object.fromEntries(await Promise.all(entries))
  }

  #handOver(successor: Successor, sockets: readonly PassableSocket[]): void {
    const { logger, onHandedOver, environment } = this.#options
    this.successor = successor
    const { keeper: pipe, pid } = successor
    if (!isNotified(environment)) {
      this.#keeper = pipe && keep(pipe, pid)
      forwardSignals(process, () => this.#keeper?.pid ?? pid)
    }
    successor.release()
    for (const { state } of this.#parts.values()) state.released()
    this.#sockets.passedOn(sockets)
    logger.info({ pid: successor.pid }, `process ${successor.pid} has taken over; open connections continue here`)
    this.#reporting = setInterval(() => void this.#report(), reportMs).unref()
    onHandedOver()
  }

  async #report(): Promise<void> {
    if (this.successor === undefined) return
    const used = [...this.#parts.values()].map(({ name, state }) => [name, state.usedSince()] as const)
    const fresh = used.filter(([, amounts]) => Object.keys(amounts).length > 0)
    if (fresh.length > 0) await this.successor.tell({ kind: 'used', used: Object.fromEntries(fresh) })
  }
}

/** Whether the notice of readiness tells systemd which process takes over. */
function isNotified({ NOTIFY_SOCKET: socket = '' }: Environment): boolean {
  return socket !== ''
}

/** Time for providers to link again, in milliseconds; connections to their ports wait in the meantime. */
const unusedMs = 60_000

/** Interval of reports, in milliseconds: that of counting quotas. */
const reportMs = 1000
