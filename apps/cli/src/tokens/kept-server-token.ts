import type { LinkSocksClient } from '@ls/client'
import { textOf } from '@ls/foundation'
import type { ServerState } from '@ls/server'
import type { CommandContext } from '../commands/context.js'
import { nextLine } from '../output/next-line.js'
import type { Settings } from '../settings.js'

type KeptSettings = Pick<Settings<'client'>, 'state' | 'url' | 'token' | 'connectorToken' | 'reverse' | 'tlsPin'>
type Watching = Pick<CommandContext, 'redactor' | 'print' | 'logger' | 'program'>

/**
 * Token that a relay sent to this provider, and the code that it made up for one without `-c`, which no connector could
 * reach: both are shown, and saved in the state file if there is one.
 */
export class KeptServerToken {
  readonly #state: ServerState | undefined
  readonly #settings: KeptSettings
  readonly #name: string
  readonly #codeName: string
  #isRelay: boolean

  private constructor(state: ServerState | undefined, settings: KeptSettings) {
    this.#state = state
    this.#settings = settings
    // Each relay has its own.
    this.#name = `token of ${settings.url}`
    this.#codeName = `code of ${settings.url}`
    this.#isRelay = this.value !== undefined
  }

  /** Opens the state file. @throws ServerError for one that cannot be read or parsed */
  static async open(settings: KeptSettings): Promise<KeptServerToken> {
    const { state } = settings
    if (state === undefined) return new KeptServerToken(undefined, settings)
    // Other clients need no part of the server.
    const { ServerState } = await import('@ls/server')
    return new KeptServerToken(await ServerState.open(state), settings)
  }

  /** The token with which the client begins; undefined if the relay has sent none. */
  get value(): string | undefined {
    return this.#state?.found.made[this.#name]
  }

  /** Code that the relay made up earlier; undefined if there is none, or the user gives a code. */
  get code(): string | undefined {
    return this.#wantsCode ? this.#state?.found.made[this.#codeName] : undefined
  }

  /** Saves what the relay sends from now on. */
  watch(client: LinkSocksClient, context: Watching): void {
    const { redactor, print } = context
    if (this.value !== undefined) redactor.add(this.value)
    client.on('serverToken', (token) => {
      this.#isRelay = true
      redactor.add(token)
      print(`server token: ${token}`)
      this.#keep(this.#name, token, context)
    })
    let { code } = this
    if (code !== undefined) this.#show(code, context)
    client.on('linkUp', () => {
      if (code !== undefined || !this.#wantsCode || !this.#isRelay) return
      code = ''
      client.addConnector().then(
        (made) => {
          code = made
          this.#show(made, context)
          this.#keep(this.#codeName, made, context)
        },
        (error: unknown) => {
          code = undefined
          context.logger.warn({}, `the relay makes up no code: ${textOf(error)}; give one with --connector-token (-c)`)
        },
      )
    })
  }

  /** A provider with a token shares the code of the one that got this token. */
  get #wantsCode(): boolean {
    const { reverse, token, connectorToken } = this.#settings
    return reverse && token === undefined && connectorToken.length === 0
  }

  #show(code: string, { redactor, print, program }: Watching): void {
    const { url, tlsPin } = this.#settings
    redactor.add(code)
    print(`connector token: ${code}`)
    print(`next: ${nextLine({ program, role: 'connector', token: code, url, pin: tlsPin[0] })}`)
  }

  #keep(name: string, value: string, { logger }: Watching): void {
    this.#state?.setMade(name, value)
    this.#state?.save().catch((error: unknown) => logger.error({ err: error }, 'what the relay sent was not kept'))
  }
}
