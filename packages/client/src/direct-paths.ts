import { directTarget, isDirectTarget } from '@ls/codec'
import type { DirectConnector, DirectProvider, Path } from '@ls/direct'
import { checkDirectOptions } from '@ls/direct/options'
import { type Logger, textOf, loggerOfPart } from '@ls/foundation'
import type { Channel, Session, SessionHandler } from '@ls/mux'
import { streamTransport } from '@ls/mux/duplex'
import { type ChannelSource, openStream, RelayError } from '@ls/relay'
import type { ResolvedClientOptions } from './options/resolve-options.js'

export interface DirectPathsInit {
  readonly options: ResolvedClientOptions
  /** Links to the server. */
  readonly relay: Required<Pick<ChannelSource, 'pick' | 'pickOther'>>
  /** Connector tokens of a provider. */
  readonly tokens: Iterable<string>
  readonly sessionHandler: Pick<SessionHandler, 'onConnect' | 'onChannelOpened' | 'onChannelClosed'>
  onPath(path: Path, reason: string): void
  /** Called when there is no path, and the client must end without one. */
  onFatal(error: Error): void
}

/** Direct paths of a client, in addition to its links to the server; none unless the options ask for them. */
export class DirectPaths {
  /** Opens channels over the direct path while there is one, otherwise over the links to the server. */
  readonly source: Required<Pick<ChannelSource, 'pick' | 'pickOther'>>

  readonly #init: DirectPathsInit
  readonly #logger: Logger
  #connector: DirectConnector | undefined
  #provider: DirectProvider | undefined
  #loading: Promise<void> | undefined
  #lastFailure = ''
  #isClosed = false

  /** @throws RangeError for an invalid option */
  constructor(init: DirectPathsInit) {
    const { direct } = init.options
    if (direct !== undefined) checkDirectOptions(direct)
    this.#init = init
    this.#logger = loggerOfPart(init.options.logger, 'direct')
    const { relay } = init
    this.source = {
      pick: (signal) => this.#pick() ?? relay.pick(signal),
      pickOther: (tried) => (this.#allowsRelay ? relay.pickOther(tried) : undefined),
    }
  }

  /** Sessions with peers, over either path. */
  get sessions(): readonly Session[] {
    const session = this.#connector?.session
    return this.#provider?.sessions ?? (session === undefined ? [] : [session])
  }

  /** Path of new channels; for a provider, whether any connector has a direct path. */
  get path(): Path {
    const direct = this.#connector?.direct !== undefined || (this.#provider?.directCount ?? 0) > 0
    return direct ? 'direct' : 'relay'
  }

  /** Handles a link to the server that is up: paths can now be negotiated. */
  linkUp(): void {
    if (this.#init.options.direct === undefined || this.#isClosed) return
    this.#loading ??= this.#load()
    void this.#loading.then(() => this.#connector?.start())
  }

  /** Session for a new channel; undefined for the relay. @throws RelayError in mode `direct-only` without a path */
  #pick(): Session | undefined {
    const { direct } = this.#init.options
    if (direct === undefined) return undefined
    const session = this.#connector?.direct
    if (session === undefined && direct.mode === 'direct-only') {
      const detail = 'there is no direct path, and the relay is not to be used (direct-only)'
      throw new RelayError({ word: 'no-provider', detail })
    }
    return session
  }

  /** Whether channels may go through the relay. */
  get #allowsRelay(): boolean {
    return this.#init.options.direct?.mode !== 'direct-only'
  }

  /** Accepts a connector's channel for the negotiation of a direct path; false if it is for a target. */
  take(channel: Channel): boolean {
    if (!isDirectTarget(channel.address)) return this.#takeRelayed(channel)
    if (this.#provider === undefined) channel.reject('forbidden: this provider has no direct paths')
    else this.#provider.serve(channel)
    return true
  }

  /**
   * Handles the removal of a connector token: no connection with it reaches the provider any more, not even by a direct
   * path.
   */
  removeToken(token: string): void {
    this.#provider?.remove(token)
  }

  close(reason: string): void {
    this.#isClosed = true
    this.#connector?.close(reason)
    this.#provider?.close(reason)
  }

  #takeRelayed(channel: Channel): boolean {
    if (this.#allowsRelay) return false
    channel.reject('forbidden: this provider takes direct paths only')
    return true
  }

  async #load(): Promise<void> {
    const { options, tokens, sessionHandler } = this.#init
    const onPath = (path: Path, reason: string): void => this.#tell(path, reason)
    const { direct = {}, clock, token, reverse } = options
    try {
      // A client without direct paths does not load the module.
      const { DirectConnector, DirectProvider, loadPuncher } = await import('@ls/direct')
      const puncher = await loadPuncher(direct, clock)
      if (this.#isClosed) return
      const { secret } = direct
      const common = { clock, session: options, puncher, secret, allowRelay: this.#allowsRelay, sessionHandler }
      if (reverse) {
        const onProviderPath = (path: Path): void => onPath(path, 'a connector has moved')
        const logger = this.#logger
        this.#provider = new DirectProvider({ ...common, logger, tokens: () => tokens, onPath: onProviderPath })
        return
      }
      const openTunnel = async (signal: AbortSignal) =>
        streamTransport(await openStream(this.#init.relay, directTarget, signal), { clock })
      const onFailed = (error: Error): void => this.#failed(error)
      this.#connector = new DirectConnector({ ...common, token, openTunnel, onPath, onFailed })
    } catch (error) {
      this.#logger.error({ err: error }, `no direct paths, all goes through the server: ${textOf(error)}`)
      if (!this.#allowsRelay) this.#init.onFatal(error as Error)
    }
  }

  #tell(path: Path, reason: string): void {
    this.#lastFailure = ''
    this.#logger.info({ path, reason }, `path: ${path} (${reason})`)
    this.#init.onPath(path, reason)
  }

  /** Logs a failed attempt, the same reason only once. Attempts continue. */
  #failed(error: Error): void {
    const { mode, onlyAction = 'exit' } = this.#init.options.direct ?? {}
    if (mode === 'direct-only' && onlyAction === 'exit') return this.#init.onFatal(error)
    if (error.message === this.#lastFailure) return
    this.#lastFailure = error.message
    this.#logger.warn({ reason: error.message }, `no direct path: ${error.message}; it is tried again`)
  }
}
