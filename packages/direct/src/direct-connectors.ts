import type { Session } from '@ls/mux'
import { DirectConnector, type DirectConnectorOptions } from './direct-connector.js'
import { DirectError } from './errors.js'
import type { PathProtocol } from './puncher.js'
import type { Path } from './session-terms.js'

/** Most paths of a connector: each has a UDP socket and a session. Further providers are reached through the relay. */
const maxPaths = 8

/** Options of {@link DirectConnectors}. */
export type DirectConnectorsOptions = Omit<DirectConnectorOptions, 'accepts'>

/** A connector's paths to the providers of its token: one to each, so that they share the load. */
export class DirectConnectors {
  readonly #options: DirectConnectorsOptions
  readonly #connectors: DirectConnector[] = []
  #path: Path = 'relay'
  #providers = 1
  #turn = 0

  constructor(options: DirectConnectorsOptions) {
    this.#options = options
    this.#add()
  }

  /** Sessions that have not ended, over either path. */
  get sessions(): readonly Session[] {
    return this.#connectors.flatMap(({ session }) => session ?? [])
  }

  /** Sessions with a direct path now. */
  get direct(): readonly Session[] {
    return this.#connectors.flatMap(({ direct }) => direct ?? [])
  }

  /** Sessions with a direct path of this protocol now. */
  directOver(protocol: PathProtocol): readonly Session[] {
    return this.#connectors.flatMap((connector) => (connector.protocol === protocol ? (connector.session ?? []) : []))
  }

  /**
   * Picks the session for a new channel. The providers take turns; undefined in the turn of one without a path, and
   * where there is none at all.
   */
  pick(): Session | undefined {
    const { direct } = this
    if (direct.length === 0) return undefined
    const turns = this.#options.allowRelay ? Math.max(this.#providers, direct.length) : direct.length
    this.#turn = (this.#turn + 1) % turns
    const session = direct[this.#turn]
    // Its path may have died without notice since its last message.
    session?.transport?.keepalive?.probe?.()
    return session
  }

  /** Sets the number of providers: a path to each is looked for. */
  setProviders(count: number): void {
    this.#providers = Math.max(1, count)
    while (this.#connectors.length < Math.min(this.#providers, maxPaths)) this.#add().start()
  }

  /** Starts to look for paths, immediately: the link to the relay is up. */
  start(): void {
    for (const connector of this.#connectors) connector.start()
  }

  /** Ends all sessions. */
  close(reason: string): void {
    for (const connector of this.#connectors) connector.close(reason)
  }

  #add(): DirectConnector {
    const isFirst = this.#connectors.length === 0
    const connector: DirectConnector = new DirectConnector({
      ...this.#options,
      accepts: (provider) => {
        // An old provider has no name, and may be any of them.
        if (provider === undefined) return isFirst
        return !this.#connectors.some((other) => other !== connector && other.provider === provider)
      },
      onPath: (_path, reason, protocol) => this.#changed(reason, protocol),
      onFailed: (error) => this.#failed(error),
    })
    this.#connectors.push(connector)
    return connector
  }

  #changed(reason: string, protocol?: PathProtocol): void {
    const path = this.direct.length > 0 ? 'direct' : 'relay'
    if (path === this.#path) return
    this.#path = path
    this.#options.onPath(path, reason, protocol)
  }

  /** Reports a failure, unless only the provider of another path has answered. */
  #failed(error: Error): void {
    if (error instanceof DirectError && error.code === 'ERR_DIRECT_TAKEN') return
    this.#options.onFailed(error)
  }
}
