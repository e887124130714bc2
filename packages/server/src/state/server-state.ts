import { readFile } from 'node:fs/promises'
import { textOf } from '@ls/foundation'
import { ServerError } from '../errors.js'
import { makeToken } from '../tokens/token-registry.js'
import { emptyState, formatState, parseState, type StateContent } from './state-content.js'
import { writeDurably } from './write-durably.js'

/** The file in which a server keeps what must outlive its process: one server at a time. */
export class ServerState {
  /** The file. */
  readonly path: string
  /** As the file had it. */
  readonly found: StateContent
  readonly #made: Map<string, string>
  #tokens: () => StateContent['tokens']
  #used: () => StateContent['used']
  /** The write that begins next: all changes until then are in it. */
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  private constructor(path: string, found: StateContent) {
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

  /** A token that is made up once and stays the same, for a use of any name. It is on the disk after the next {@link save}. */
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

  /**
   * Writes the file; resolves once everything that was changed before the call is on the disk. Calls that come during a
   * write share the next one.
   *
   * @throws ServerError when it cannot be written
   */
  save(): Promise<void> {
    if (this.#next !== undefined) return this.#next
    const next = this.#last.then(() => this.#write())
    this.#next = next
    this.#last = next.catch(() => {})
    return next
  }

  async #write(): Promise<void> {
    this.#next = undefined
    const text = formatState({ tokens: this.#tokens(), made: Object.fromEntries(this.#made), used: this.#used() })
    try {
      await writeDurably(this.path, text)
    } catch (error) {
      throw stateError(`the state file ${this.path} cannot be written: ${textOf(error)}`, error)
    }
  }
}

function stateError(message: string, cause: unknown): ServerError {
  return new ServerError('ERR_SERVER_STATE', message, { cause })
}
