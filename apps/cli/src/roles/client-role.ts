import type { LinkSocksClient } from '@ls/client'
import { runClient } from '../commands/client.js'
import type { CommandContext } from '../commands/context.js'
import type { RoleConfig } from '../config/config-file.js'
import { clientSettings } from '../config/role-settings.js'
import { changeablePorts, clientOptions, type ClientSettings } from '../options/client-options.js'
import { messageOf } from '../output/describe-error.js'
import { type Change, isSame, liveChange, restartChange, type RunningRole, without } from './change.js'

/** A client, provider or connector of the configuration file. */
export class ClientRole implements RunningRole {
  readonly #context: CommandContext
  readonly #onEnd: () => void
  #settings: ClientSettings
  #client: LinkSocksClient | undefined
  #stop = new AbortController()
  #ended: Promise<void> = Promise.resolve()
  #hasEnded = false

  /** @param onEnd Called when the client has ended by itself; the log has the reason. */
  constructor(role: RoleConfig, context: CommandContext, onEnd: () => void) {
    this.#context = context
    this.#onEnd = onEnd
    this.#settings = clientSettings(role)
    this.#start(this.#settings)
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  async changeTo(next: RoleConfig): Promise<Change | undefined> {
    const before = this.#settings
    const settings = clientSettings(next)
    if (isSame(everything(before), everything(settings)) && !this.#hasEnded) return undefined
    const client = this.#client
    if (settings.reverse || client === undefined || !isSame(fixedPart(before), fixedPart(settings))) {
      return restartChange(`${next.path}: started again`, {
        stop: () => this.close(),
        start: async () => this.#start(settings),
        startBefore: async () => this.#start(before),
      })
    }
    return liveChange(`${next.path}: ports changed`, async () => {
      const ports = await client.changePorts(changeablePorts(settings))
      return {
        commit: () => {
          this.#settings = settings
          ports.commit()
        },
        undo: () => ports.undo(),
      }
    })
  }

  reloaded(outcome: readonly string[] | Error): void {
    this.#client?.reloaded(outcome)
  }

  /** Resolves when the client has ended: it drains itself, see `runClient`. */
  async drain(): Promise<void> {
    await this.#ended
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }

  #start(settings: ClientSettings): void {
    const stop = new AbortController()
    const stopWithProcess = (): void => stop.abort()
    this.#settings = settings
    this.#stop = stop
    this.#hasEnded = false
    if (this.#context.stop.aborted) stop.abort()
    this.#context.stop.addEventListener('abort', stopWithProcess, { once: true })
    this.#ended = this.#run(settings, stop.signal).finally(() =>
      this.#context.stop.removeEventListener('abort', stopWithProcess),
    )
  }

  async #run(settings: ClientSettings, stop: AbortSignal): Promise<void> {
    const context = { ...this.#context, stop }
    try {
      await runClient(settings, context, (client) => (this.#client = client))
    } catch (error) {
      this.#context.logger.error({ err: error }, messageOf(error))
    }
    if (stop.aborted || context.draining.signal.aborted) return
    this.#hasEnded = true
    this.#client = undefined
    this.#onEnd()
  }
}

/** Everything to compare, with the content of files of accounts and keys, which may have changed. */
function everything(settings: ClientSettings): unknown {
  return [settings, clientOptions(settings)]
}

/** Settings that a running client cannot change. */
function fixedPart(settings: ClientSettings): unknown {
  const options = clientOptions(settings)
  const fixed = [without(settings, livePorts), without(options, ['proxy', 'forwards'])]
  if (options.role === 'provider' || options.proxy === 'none') return fixed
  return [...fixed, without({ ...options.proxy }, Object.keys(changeablePorts(settings).proxy ?? {}))]
}

const livePorts = [
  'socksHost',
  'socksPort',
  'socksListen',
  'socksUsername',
  'socksPassword',
  'account',
  'accountFile',
  'forward',
]
