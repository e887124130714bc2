import type { ServerState } from '@ls/server'
import type { Worker } from '../workers/worker.js'

/** Use of a generated token. */
type TokenUse = 'token' | 'connector token'

/** Returns a token for a use; undefined where the server generates one. */
export type MakeToken = (use: TokenUse) => string | undefined

/** A token of a server. */
interface NamedToken {
  readonly name: TokenUse
  readonly token: string
  /** Whether it was generated. */
  readonly isNew: boolean
}

/** Keeps the generated tokens of a server, by their names. */
export type GeneratedTokenStore = Pick<ServerState, 'made' | 'setMade' | 'save'>

/** Generated tokens of a server: the same after each start where there is a state file. */
export class GeneratedTokens {
  readonly #state: GeneratedTokenStore | undefined

  constructor(state: GeneratedTokenStore | undefined) {
    this.#state = state
  }

  /** Returns tokens in the order in which a start requests them, except those in use. */
  maker(isInUse: (token: string) => boolean = () => false): MakeToken {
    const nameOf = countedNames()
    return (use) => {
      let token = this.#state?.made(nameOf(use))
      while (token !== undefined && isInUse(token)) token = this.#state?.made(nameOf(use))
      return token
    }
  }

  /**
   * Makes the next start return the generated ones of these; resolves when they are on the disk. @throws ServerError
   */
  async keep(tokens: readonly NamedToken[]): Promise<void> {
    const nameOf = countedNames()
    const made = tokens.filter(({ isNew }) => isNew)
    for (const { name, token } of made) this.#state?.setMade(nameOf(name), token)
    if (made.length > 0) await this.#state?.save()
  }
}

/** Names in the state file. Further tokens of the same use get numbers. */
function countedNames(): (use: TokenUse) => string {
  const counts = new Map<TokenUse, number>()
  return (use) => {
    const count = (counts.get(use) ?? 0) + 1
    counts.set(use, count)
    return count === 1 ? use : `${use} ${count}`
  }
}

/** Generated tokens of a worker, which all workers derive alike; undefined where there is only one process. */
export function generatedByWorkers(worker: Worker | undefined, server: string): GeneratedTokenStore | undefined {
  if (worker === undefined) return undefined
  return { made: (name) => worker.made(server, name), setMade: () => {}, save: () => Promise.resolve() }
}
