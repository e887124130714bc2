import type { ServerState } from '@ls/server'

/** What a made-up token is for. */
type TokenUse = 'token' | 'connector token'

/** A token for a use; undefined where the server is to make one. */
export type MakeToken = (use: TokenUse) => string | undefined

/** A token of a server. */
interface NamedToken {
  readonly name: TokenUse
  readonly token: string
  /** It was made up. */
  readonly isNew: boolean
}

/** Made-up tokens of a server: the same after each start where there is a state file. */
export class MadeTokens {
  readonly #state: ServerState | undefined

  constructor(state: ServerState | undefined) {
    this.#state = state
  }

  /** Gives tokens in the order in which a start asks for them, but none that is in use. */
  maker(isInUse: (token: string) => boolean = () => false): MakeToken {
    const nameOf = countedNames()
    return (use) => {
      let token = this.#state?.made(nameOf(use))
      while (token !== undefined && isInUse(token)) token = this.#state?.made(nameOf(use))
      return token
    }
  }

  /**
   * Has the next start give the made-up ones of these again; resolves once they are on the disk. @throws ServerError
   */
  async keep(tokens: readonly NamedToken[]): Promise<void> {
    const nameOf = countedNames()
    const made = tokens.filter(({ isNew }) => isNew)
    for (const { name, token } of made) this.#state?.setMade(nameOf(name), token)
    if (made.length > 0) await this.#state?.save()
  }
}

/** Names in the state file. Further ones of a use get numbers. */
function countedNames(): (use: TokenUse) => string {
  const counts = new Map<TokenUse, number>()
  return (use) => {
    const count = (counts.get(use) ?? 0) + 1
    counts.set(use, count)
    return count === 1 ? use : `${use} ${count}`
  }
}
