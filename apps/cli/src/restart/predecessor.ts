import { writeSync } from 'node:fs'
import { type ListeningSockets, listeningSockets } from '@ls/dial'
import {
  type ToPredecessor,
  type ToSuccessor,
  firstSocketFd,
  keeperFd,
  readSuccession,
  successionVariable,
} from './succession.js'

/** The part of Node's `process` that is used here. */
type Process = Pick<NodeJS.Process, 'env' | 'pid' | 'send' | 'channel' | 'on' | 'once' | 'off'>

/** The previous process, from which this one takes over. */
export class Predecessor {
  /** Folder in which processes pass links to each other. */
  readonly folder: string
  readonly #process: Process
  #states: Promise<Readonly<Record<string, string>>> | undefined

  private constructor(folder: string, process: Process) {
    this.folder = folder
    this.#process = process
  }

  /** Takes its listening sockets; undefined where this process was started in another way. */
  static find(process: Process, sockets: ListeningSockets = listeningSockets): Predecessor | undefined {
    const text = process.env[successionVariable]
    // Programs that this one starts are no successors.
    Reflect.deleteProperty(process.env, successionVariable)
    if (text === undefined || process.send === undefined) return undefined
    const { folder, places, lent } = readSuccession(text)
    for (const [index, place] of places.entries())
      sockets.inherit(firstSocketFd + index, { place, isLent: lent.includes(place) })
    return new Predecessor(folder, process)
  }

  /**
   * Requests the state of one of its servers, which it no longer writes from then on. Undefined if it has no such
   * server. Rejects when it has ended.
   */
  async stateOf(name: string): Promise<string | undefined> {
    this.#states ??= this.#askForStates()
    return (await this.#states)[name]
  }

  /** Reports that all ports are open here, so that it may close its own. */
  ready(): void {
    try {
      writeSync(keeperFd, `${this.#process.pid}\n`)
    } catch {
      // There is no first process to keep running.
    }
    this.#send({ kind: 'ready' })
  }

  /** Calls `onUsed` with the bytes that tokens of its servers use from now on, by server and token. */
  onUsed(onUsed: (server: string, used: Readonly<Record<string, number>>) => void): void {
    this.#process.on('message', (message: ToSuccessor) => {
      if (message.kind !== 'used') return
      for (const [server, used] of Object.entries(message.used)) onUsed(server, used)
    })
  }

  #askForStates(): Promise<Readonly<Record<string, string>>> {
    const states = new Promise<Readonly<Record<string, string>>>((resolve, reject) => {
      const gone = (): void => reject(new Error('the previous process has ended'))
      this.#process.once('disconnect', gone)
      this.#process.once('message', (message: ToSuccessor) => {
        this.#process.off('disconnect', gone)
        // From here on it does not keep this process running.
        this.#process.channel?.unref()
        resolve(message.kind === 'states' ? message.states : {})
      })
    })
    this.#send({ kind: 'prepared' })
    return states
  }

  #send(message: ToPredecessor): void {
    this.#process.send?.(message)
  }
}
