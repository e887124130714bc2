import type { LinkSocksClient } from '@ls/client'
import { ServerState } from '@ls/server'
import type { CommandContext } from '../commands/context.js'
import type { Settings } from '../settings.js'

/** Token that a relay sent to this provider: shown, and saved in the state file if there is one. */
export class KeptServerToken {
  readonly #state: ServerState | undefined
  readonly #name: string

  private constructor(state: ServerState | undefined, url: string) {
    this.#state = state
    // Each relay has its own.
    this.#name = `token of ${url}`
  }

  /** Opens the state file. @throws ServerError for one that cannot be read or parsed */
  static async open({ state, url }: Pick<Settings<'client'>, 'state' | 'url'>): Promise<KeptServerToken> {
    return new KeptServerToken(state === undefined ? undefined : await ServerState.open(state), url)
  }

  /** The token with which the client begins; undefined if the relay has sent none. */
  get value(): string | undefined {
    return this.#state?.found.made[this.#name]
  }

  /** Saves the tokens that the relay sends from now on. */
  watch(
    client: LinkSocksClient,
    { redactor, print, logger }: Pick<CommandContext, 'redactor' | 'print' | 'logger'>,
  ): void {
    if (this.value !== undefined) redactor.add(this.value)
    client.on('serverToken', (token) => {
      redactor.add(token)
      print(`server token: ${token}`)
      this.#state?.setMade(this.#name, token)
      this.#state?.save().catch((error: unknown) => logger.error({ err: error }, 'the token of the relay was not kept'))
    })
  }
}
