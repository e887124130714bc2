import { textOf } from '@ls/foundation'
import { ServerError } from '../errors.js'
import type { UsedAmounts } from '../quota/quota.js'
import { makeToken } from '../tokens/token-registry.js'
import { emptyState, formatState, parseState, type StateContent } from './state-content.js'
import { StateFile } from './state-file.js'

/** Place other than a file where a state is saved, such as the storage of a platform. */
export interface StateStore {
  /** Name of the place, for errors. */
  readonly name: string
  /** Replaces the saved text; resolves when the new one is safe. */
  write(text: string): Promise<void>
}

/**
 * State that survives the process of a server, in a file, in another store, or for the process that takes over. One
 * server uses it at a time.
 */
export class ServerState {
  /** Path of the file; undefined for a state that is not in a file. */
  readonly path: string | undefined
  /** Content of the file or store when it was opened. */
  readonly found: StateContent
  /** Undefined where only the process that takes over receives the state. */
  readonly #store: StateStore | undefined
  readonly #made: Map<string, string>
  #tokens: () => StateContent['tokens']
  #used: () => StateContent['used']
  /** The write that begins next; it contains all changes until then. */
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  /** Set while another process takes over: nothing is written. With `isOver`, the other process has the state. */
  #handOver: { readonly ended: Promise<void>; readonly end: () => void; isOver: boolean } | undefined
  /** Use of the tokens at the last call of {@link usedSince}. */
  #usedBefore: StateContent['used'] = {}
  #onUsedElsewhere: (key: string, bytes: number) => void = () => {}

  private constructor(store: StateStore | undefined, found: StateContent) {
    this.path = store instanceof StateFile ? store.path : undefined
    this.#store = store
    this.found = found
    this.#made = new Map(Object.entries(found.made))
    this.#tokens = () => found.tokens
    this.#used = () => found.used
  }

  /** Opens a file; a missing file is an empty state. @throws ServerError for one that cannot be read or parsed */
  static async open(path: string): Promise<ServerState> {
    try {
      const file = new StateFile(path)
      const text = await file.read()
      return new ServerState(file, text === undefined ? emptyState : parseState(text))
    } catch (error) {
      throw stateError(`the state file ${path} cannot be read: ${textOf(error)}`, error)
    }
  }

  /**
   * Opens a state that is saved elsewhere than in a file.
   *
   * @param text Text that the store has; undefined for an empty state.
   * @throws ServerError for an invalid text
   */
  static inStore(store: StateStore, text: string | undefined): ServerState {
    try {
      return new ServerState(store, text === undefined ? emptyState : parseState(text))
    } catch (error) {
      throw stateError(`the state in ${store.name} cannot be read: ${textOf(error)}`, error)
    }
  }

  /** A state that ends with the last process that has it. */
  static inMemory(): ServerState {
    return new ServerState(undefined, emptyState)
  }

  /** Opens the state that {@link handOver} of the previous process returned. @throws ServerError for an invalid text */
  static handedOver(text: string, path: string | undefined): ServerState {
    try {
      return new ServerState(path === undefined ? undefined : new StateFile(path), parseState(text))
    } catch (error) {
      throw stateError(`the state of the previous process cannot be read: ${textOf(error)}`, error)
    }
  }

  /**
   * A random token for a use of any name; every call returns the same one. It is on the disk after the next {@link
   * save}.
   */
  made(name: string): string {
    const known = this.#made.get(name) ?? makeToken()
    this.#made.set(name, known)
    return known
  }

  /**
   * Makes {@link made} return this token for a name. The name that had it gets the previous token of this name, so that
   * no two are equal.
   */
  setMade(name: string, token: string): void {
    const before = this.#made.get(name)
    const [owner] = [...this.#made].find(([, value]) => value === token) ?? []
    if (owner !== undefined && before === undefined) this.#made.delete(owner)
    else if (owner !== undefined && before !== undefined) this.#made.set(owner, before)
    this.#made.set(name, token)
  }

  /** Sets the source of the tokens to save. */
  takeFrom(tokens: () => StateContent['tokens']): void {
    this.#tokens = tokens
  }

  /** Sets the source of the use of quotas. */
  takeUsedFrom(used: () => StateContent['used']): void {
    this.#used = used
  }

  /** Sets the receiver of token use in the previous process, by `tokenKey`. */
  takeUsedElsewhere(onUsed: (key: string, bytes: number) => void): void {
    this.#onUsedElsewhere = onUsed
  }

  /** Adds bytes that tokens used in the previous process. */
  usedElsewhere(used: Readonly<Record<string, number>>): void {
    for (const [key, bytes] of Object.entries(used)) this.#onUsedElsewhere(key, bytes)
  }

  /**
   * Gives the state to another process, after the current write. Nothing is written from then on: changes wait for
   * {@link takeBack}, or fail with {@link released}.
   */
  async handOver(): Promise<string> {
    let end = (): void => {}
    const ended = new Promise<void>((resolve) => (end = resolve))
    this.#handOver = { ended, end, isOver: false }
    await this.#last
    this.#usedBefore = this.#used()
    return this.#text()
  }

  /** Continues to write: the other process did not take over. */
  takeBack(): void {
    const handOver = this.#handOver
    this.#handOver = undefined
    if (handOver !== undefined && this.#store instanceof StateFile) this.#store.accept()
    handOver?.end()
  }

  /** Ends all writes: the other process has taken over. */
  released(): void {
    if (this.#handOver === undefined) return
    this.#handOver.isOver = true
    this.#handOver.end()
  }

  /** Bytes that tokens have used here since the last call, or since the state was handed over, by `tokenKey`. */
  usedSince(): Readonly<Record<string, number>> {
    const [before, now] = [this.#usedBefore, this.#used()]
    this.#usedBefore = now
    const used = Object.entries(now).map(([key, amounts]): [string, number] => [key, since(amounts, before[key])])
    return Object.fromEntries(used.filter(([, bytes]) => bytes > 0))
  }

  /**
   * Saves the use of quotas, as {@link save} does, unless another process has the state: {@link usedSince} reports the
   * use to that process.
   */
  async saveUsed(): Promise<void> {
    if (this.#handOver === undefined) await this.save()
  }

  /**
   * Writes the file; resolves when all changes before the call are on the disk. Calls during a write share the next
   * one.
   *
   * @throws ServerError when it cannot be written, and when another process has taken over
   */
  save(): Promise<void> {
    if (this.#handOver !== undefined) return this.#saveLater(this.#handOver)
    if (this.#next !== undefined) return this.#next
    const next = this.#last.then(() => this.#write())
    this.#next = next
    this.#last = next.catch(() => {})
    return next
  }

  async #saveLater(handOver: { readonly ended: Promise<void>; readonly isOver: boolean }): Promise<void> {
    await handOver.ended
    if (handOver.isOver) throw stateError('another process of the server has taken over: repeat the request', undefined)
    await this.save()
  }

  #text(): string {
    return formatState({ tokens: this.#tokens(), made: Object.fromEntries(this.#made), used: this.#used() })
  }

  async #write(): Promise<void> {
    this.#next = undefined
    if (this.#store === undefined) return
    try {
      await this.#store.write(this.#text())
    } catch (error) {
      throw stateError(`${this.#store.name} cannot be written: ${textOf(error)}`, error)
    }
  }
}

/** Use since an earlier amount. The month is the longest period; a period that began since then had no use before. */
function since({ day, month }: UsedAmounts, before: UsedAmounts | undefined): number {
  const [now, old] = month === undefined ? [day, before?.day] : [month, before?.month]
  if (now === undefined) return 0
  return now.period === old?.period ? now.bytes - old.bytes : now.bytes
}

function stateError(message: string, cause: unknown): ServerError {
  return new ServerError('ERR_SERVER_STATE', message, { cause })
}
