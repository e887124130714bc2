import type { CommandContext } from '../commands/context.js'
import { type RunningServer, type ServerRequest, startServer, type ConfigurationAccess } from '../commands/server.js'
import type { RoleConfig } from '../config/config-file.js'
import { serverSettings, tokenSettings } from '../config/role-settings.js'
import { tokenFlags } from '../config/structure.js'
import { settingName } from '../flag.js'
import { readAccounts } from '../options/accounts.js'
import { guardOf, ownProxyOptions, type ServerSettings } from '../options/server-options.js'
import { doStepsWithPauses } from '../steps.js'
import { planTokens, planTokensInSteps } from '../tokens/server-tokens.js'
import {
  type Change,
  isSame,
  liveChange,
  type Prepared,
  prepareAll,
  restartChange,
  type RunningRole,
  without,
} from './change.js'
import { PlannedTokens } from './planned-tokens.js'

/** A server of the configuration file. */
export class ServerRole implements RunningRole {
  readonly #context: CommandContext
  readonly #configuration: ConfigurationAccess
  #request: ServerRequest
  #running: RunningServer | undefined
  #tokens: PlannedTokens | undefined

  private constructor(role: RoleConfig, context: CommandContext, configuration: ConfigurationAccess) {
    this.#context = context
    this.#configuration = configuration
    this.#request = this.#requestOf(role)
  }

  /** Starts the server. @throws UsageError, or why it cannot listen */
  static async start(
    role: RoleConfig,
    context: CommandContext,
    configuration: ConfigurationAccess,
  ): Promise<ServerRole> {
    const server = new ServerRole(role, context, configuration)
    await server.#start(server.#request)
    return server
  }

  /** Always false: a server runs until it is closed. */
  get hasEnded(): boolean {
    return false
  }

  async changeTo(next: RoleConfig): Promise<Change | undefined> {
    const before = this.#request
    const request = this.#requestOf(next)
    if (!isSame(fixedPart(before), fixedPart(request))) {
      return restartChange(`${next.path}: started again, its links are dialled again`, {
        stop: () => this.close(),
        start: () => this.#start(request),
        startBefore: () => this.#start(before),
      })
    }
    const { what, parts } = await this.#liveParts(before, request)
    if (parts.length === 0) return undefined
    const remember = async (): Promise<Prepared> => ({ commit: () => (this.#request = request), undo: () => {} })
    return liveChange(`${next.path}: ${what}`, () => prepareAll([...parts, remember]))
  }

  reloaded(outcome: readonly string[] | Error): void {
    this.#running?.server.reloaded(outcome)
  }

  async drain(timeoutMs: number): Promise<void> {
    await this.#running?.drain(timeoutMs)
  }

  async close(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.close()
  }

  async #start(request: ServerRequest): Promise<void> {
    this.#request = request
    this.#running = await startServer(request, this.#context)
    if (this.#running === undefined) return
    this.#tokens = new PlannedTokens(this.#running, planTokens(request), this.#context)
  }

  async #liveParts(before: ServerRequest, request: ServerRequest) {
    const server = this.#running?.server
    if (server === undefined || this.#tokens === undefined) return { what: '', parts: [] }
    const parts: (() => Promise<Prepared>)[] = []
    const words: string[] = []
    const { wsHost: host, wsPort: port } = request.settings
    if (!isSame(addressOf(before.settings), addressOf(request.settings))) {
      parts.push(() => server.ports.changeAddress({ host, port }))
      words.push('new links are accepted at another address')
    }
    const own = ownProxyOf(request.settings)
    if (!isSame(ownProxyOf(before.settings), own)) {
      parts.push(() => server.ports.changeProxyPorts(own.listen, own.accounts))
      words.push('proxy ports changed')
    }
    const tokens = await this.#tokens.changeTo(await doStepsWithPauses(planTokensInSteps(request)))
    if (tokens.parts.length > 0) words.push(tokens.what)
    return { what: words.join(', '), parts: [...parts, ...tokens.parts] }
  }

  #requestOf(role: RoleConfig): ServerRequest {
    return {
      name: role.path,
      settings: serverSettings(role),
      moreTokens: tokenSettings(role),
      configuration: this.#configuration,
    }
  }
}

/** Address for links; a UNIX socket has no port. */
function addressOf({ wsHost, wsPort }: ServerSettings): unknown {
  return wsHost.startsWith('unix:') ? [wsHost] : [wsHost, wsPort]
}

function ownProxyOf(settings: ServerSettings): ReturnType<typeof ownProxyOptions> {
  return ownProxyOptions(settings, readAccounts(settings))
}

/** Settings that a running server cannot change. The guard depends on the addresses unless it is given. */
function fixedPart({ settings, moreTokens }: ServerRequest): unknown {
  const { wsHost, expose, allowPorts, exposeHttpPort, exposeHttpsPort } = settings
  const guard = guardOf(settings)
  const fixed = { ...without(settings, liveSettings), guard }
  const hasPorts = allowPorts !== undefined || exposeHttpPort !== 0 || exposeHttpsPort !== 0
  if (expose.length === 0 && !hasPorts) return fixed
  // Exposed ports stay at the address of the start.
  const { exposeHost = wsHost.startsWith('unix:') ? '127.0.0.1' : wsHost } = settings
  if (expose.length === 0) return { ...fixed, exposeHost }
  // Ports of the server itself are registered before it listens, for the tokens of that time.
  const otherTokens = moreTokens?.map((each) => without(each, ['policy']))
  return { ...fixed, ...without(settings, liveAddress), guard, exposeHost, moreTokens: otherTokens }
}

const liveAddress = ['wsHost', 'wsPort', 'qr', 'guard', 'policy']
const liveSettings = [...liveAddress, ...tokenFlags().map(settingName)]
