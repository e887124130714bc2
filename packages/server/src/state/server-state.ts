import { readFile } from 'node:fs/promises'
import { textOf } from '@ls/foundation'
import { ServerError } from '../errors.js'
import type { UsedAmounts } from '../quota/quota.js'
import { makeToken } from '../tokens/token-registry.js'
import { emptyState, formatState, parseState, type StateContent } from './state-content.js'
import { writeDurably } from './write-durably.js'

/**
 * What must outlive the process of a server, in a file or for the process that takes over from it: one server at a
 * time.
 */
export class ServerState {
  /** The file; undefined where only the process that takes over gets it. */
  readonly path: string | undefined
  /** As the file had it. */
  readonly found: StateContent
  readonly #made: Map<string, string>
  #tokens: () => StateContent['tokens']
  #used: () => StateContent['used']
  /** The write that begins next: all changes until then are in it. */
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  /** Nothing is written: another process takes over, and has it once `isOver`. */
  #handOver: { readonly ended: Promise<void>; readonly end: () => void; isOver: boolean } | undefined
  /** What tokens had used when {@link usedSince} was asked last. */
  #usedBefore: StateContent['used'] = {}
  #onUsedElsewhere: (key: string, bytes: number) => void = () => {}

  private constructor(path: string | undefined, found: StateContent) {
    this.path = path
    this.found = found
    this.#made = new Map(Object.entries(found.made))
    this.#tokens = () => found.tokens
    this.#used = () => found.used
  }

  /** Reads the file; none is an empty state. @throws ServerError for one that cannot be read or makes no sense */
  static async open(path: string): Promise<ServerState> {
    try {
      return new ServerState(path, parseState(await readFile(path, 'utf8')))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new ServerState(path, emptyState)
      throw stateError(`the state file ${path} cannot be read: ${textOf(error)}`, error)
    }
  }

  /** A state that ends with the last process that has it. */
  static inMemory(): ServerState {
    return new ServerState(undefined, emptyState)
  }

  /** What {@link handOver} of the process before has given. @throws ServerError for what makes no sense */
  static handedOver(text: string, path: string | undefined): ServerState {
    try {
      return new ServerState(path, parseState(text))
    } catch (error) {
      throw stateError(`the state of the process before cannot be read: ${textOf(error)}`, error)
    }
  }

  /**
   * A token that is made up once and stays the same, for a use of any name. It is on the disk after the next {@link
   * save}.
   */
  made(name: string): string {
    const known = this.#made.get(name) ?? makeToken()
    this.#made.set(name, known)
    return known
  }

  /** Has {@link made} give this token for a name; the name that had it gets the other, since no two may be the same. */
  setMade(name: string, token: string): void {
    const before = this.#made.get(name)
    const [owner] = [...this.#made].find(([, value]) => value === token) ?? []
    if (owner !== undefined && before === undefined) this.#made.delete(owner)
    else if (owner !== undefined && before !== undefined) this.#made.set(owner, before)
    this.#made.set(name, token)
  }

  /** Where the tokens to keep come from, from now on. */
  takeFrom(tokens: () => StateContent['tokens']): void {
    this.#tokens = tokens
  }

  /** Where it comes from what tokens have used of their quotas, from now on. */
  takeUsedFrom(used: () => StateContent['used']): void {
    this.#used = used
  }

  /** Where it is told what tokens of this state use at the process before, by `tokenKey`. */
  takeUsedElsewhere(onUsed: (key: string, bytes: number) => void): void {
    this.#onUsedElsewhere = onUsed
  }

  /** Tokens have used so many bytes at the process before. */
  usedElsewhere(used: Readonly<Record<string, number>>): void {
    for (const [key, bytes] of Object.entries(used)) this.#onUsedElsewhere(key, bytes)
  }

  /**
   * Gives the state to another process, once what is being written is written. Nothing is written from then on: changes
   * wait for {@link takeBack}, or fail with {@link released}.
   */
  async handOver(): Promise<string> {
    let end = (): void => {}
    const ended = new Promise<void>((resolve) => (end = resolve))
    this.#handOver = { ended, end, isOver: false }
    await this.#last
    this.#usedBefore = this.#used()
    return this.#text()
  }

  /** The other process did not take over. */
  takeBack(): void {
    const handOver = this.#handOver
    this.#handOver = undefined
    handOver?.end()
  }

  /** The other process has taken over. */
  released(): void {
    if (this.#handOver === undefined) return
    this.#handOver.isOver = true
    this.#handOver.end()
  }

  /** Bytes that tokens have used here since the last call, or since it was handed over, by `tokenKey`. */
  usedSince(): Readonly<Record<string, number>> {
    const [before, now] = [this.#usedBefore, this.#used()]
    this.#usedBefore = now
    const used = Object.entries(now).map(([key, amounts]): [string, number] => [key, since(amounts, before[key])])
    return Object.fromEntries(used.filter(([, bytes]) => bytes > 0))
  }

  /** As {@link save}, for what {@link usedSince} tells the process that has taken over. */
  async saveUsed(): Promise<void> {
    if (this.#handOver === undefined) await this.save()
  }

  /**
   * Writes the file; resolves once everything that was changed before the call is on the disk. Calls that come during a
   * write share the next one.
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
    if (handOver.isOver) throw stateError('another process of the server has taken over: ask again', undefined)
    await this.save()
  }

  #text(): string {
    return formatState({ tokens: this.#tokens(), made: Object.fromEntries(this.#made), used: this.#used() })
  }

  async #write(): Promise<void> {
    this.#next = undefined
    if (this.path === undefined) return
    try {
      await writeDurably(this.path, this.#text())
    } catch (error) {
      throw stateError(`the state file ${this.path} cannot be written: ${textOf(error)}`, error)
    }
  }
}

/** The month is the longest period; one that has begun since had nothing before. */
function since({ day, month }: UsedAmounts, before: UsedAmounts | undefined): number {
  const [now, old] = month === undefined ? [day, before?.day] : [month, before?.month]
  if (now === undefined) return 0
  return now.period === old?.period ? now.bytes - old.bytes : now.bytes
}

function stateError(message: string, cause: unknown): ServerError {
  return new ServerError('ERR_SERVER_STATE', message, { cause })
}
