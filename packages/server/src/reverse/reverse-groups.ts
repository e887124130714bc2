import type { ListenAddress, PortChange } from '@ls/relay'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { TokenUse } from '../policy/token-use.js'
import type { ReverseToken, TokenRecord } from '../tokens/token-registry.js'
import type { ReverseTokenRequest } from '../tokens/token-requests.js'
import { tokenKey } from '../tokens/token-text.js'
import { PortPool } from './port-pool.js'
import { ReverseGroup } from './reverse-group.js'

export interface ReverseGroupsOptions {
  readonly server: ResolvedServerOptions
  /** Current use and policy of a token; undefined without a policy. */
  use(record: ReverseToken): TokenUse | undefined
  /** Called when a SOCKS port is open. */
  onListening(record: ReverseToken, address: ListenAddress): void
  /** Called when a SOCKS port could not be opened, after the call that requested it. */
  onError(error: unknown): void
}

/** Groups of all reverse tokens, and the SOCKS ports that they have. */
export class ReverseGroups {
  readonly #options: ReverseGroupsOptions
  readonly #ports: PortPool
  readonly #groups = new Map<ReverseToken, ReverseGroup>()
  /** Port of the server's own listener, which tokens cannot use. */
  #serverPort: number
  #listening = false

  constructor(options: ReverseGroupsOptions) {
    this.#options = options
    this.#ports = new PortPool(options.server.portPool)
    this.#serverPort = options.server.port
  }

  /** Group that a token belongs to; undefined for forward tokens. */
  of(record: TokenRecord): ReverseGroup | undefined {
    if (record.kind === 'forward') return undefined
    return this.#groups.get(record.kind === 'reverse' ? record : record.reverse)
  }

  /** The TCP ports on which SOCKS listens now, for all tokens. */
  get ports(): readonly number[] {
    return [...this.#groups.values()].flatMap((group) => group.socks.ports)
  }

  /** Ports that could not be opened; they are tried again. */
  get blockedPorts(): readonly number[] {
    return [...this.#groups.values()].filter(({ socks }) => socks.isBlocked).map(({ socks }) => socks.number)
  }

  /** Number of tokens without any connected provider. */
  get withoutProvider(): number {
    return [...this.#groups.values()].filter(({ hasLinkedProvider }) => !hasLinkedProvider).length
  }

  /** Takes the port for a new reverse token; −1 if it gets none. @throws ServerError when it is taken */
  takePort({ socksPort, socksHost, socksListen = [], allowManageConnector = false }: ReverseTokenRequest): number {
    if (socksListen.length > 0 || socksPort === 'none' || (allowManageConnector && socksPort === undefined)) return -1
    const { host, socksHost: defaultHost } = this.#options.server
    const except = share(host, socksHost ?? defaultHost) ? this.#serverPort : undefined
    return this.#ports.take({ wanted: socksPort, except })
  }

  /** Takes a port for another use than SOCKS. @throws ServerError when it is taken */
  reservePort(port: number): void {
    this.#ports.take({ wanted: port, except: this.#serverPort })
  }

  /** Iterates over all groups. */
  [Symbol.iterator](): Iterator<ReverseGroup> {
    return this.#groups.values()
  }

  /** Releases a port of {@link reservePort}. */
  releasePort(port: number): void {
    this.#ports.release(port)
  }

  /** Creates the group of a new token. @throws RangeError or TypeError for an invalid address or account */
  add(record: ReverseToken, { socksNowait }: Pick<ReverseGroup, 'socksNowait'>): void {
    const group = this.#make(record, socksNowait)
    this.#groups.set(record, group)
    this.#options.server.nodes?.peersChanged(tokenKey(record.token))
    if (socksNowait && this.#listening) group.socks.keepOpen()
  }

  /**
   * Prepares another port and other users of a token.
   *
   * @throws ListenError for a port that cannot be opened, ServerError for one that another token has; then nothing has
   * changed
   */
  async change(record: ReverseToken, request: ReverseTokenRequest): Promise<PortChange> {
    const keepsPort = request.socksPort === record.port && (request.socksListen ?? []).length === 0
    const before = record.port
    const port = keepsPort ? before : this.takePort(request)
    try {
      return this.#withPorts(await this.#prepare(record, request, port), before, port)
    } catch (error) {
      if (port !== before) this.#ports.release(port)
      throw error
    }
  }

  #prepare(record: ReverseToken, request: ReverseTokenRequest, port: number): Promise<PortChange> {
    const { username, password, accounts = [], socksListen: listenOn = [], socksHost: host } = request
    const group = this.#groups.get(record)
    if (group === undefined) throw new TypeError('the token is not registered')
    return group.socks.change({
      port,
      host: host ?? this.#options.server.socksHost,
      listenOn,
      username,
      password,
      accounts,
    })
  }

  /** Adds the update of the pool to a change of ports. */
  #withPorts(change: PortChange, before: number, port: number): PortChange {
    if (before === port) return change
    return {
      opened: change.opened,
      commit: () => {
        change.commit()
        this.#ports.release(before)
      },
      undo: () => {
        change.undo()
        this.#ports.release(port)
      },
    }
  }

  /** Sets the new port of the server's own listener. */
  serverMoved(serverPort: number): void {
    this.#serverPort = serverPort
  }

  /** Closes the group of a removed token; resolves when its port is free. */
  async remove(record: ReverseToken): Promise<void> {
    const group = this.#groups.get(record)
    this.#groups.delete(record)
    await group?.close(0)
    this.#ports.release(record.port)
  }

  /**
   * Opens the ports that do not wait for a provider, and those of tokens that are added later. @throws ListenError when
   * one cannot be opened
   */
  async listen(serverPort: number): Promise<void> {
    this.#serverPort = serverPort
    this.#listening = true
    await Promise.all(
      [...this.#groups.values()].filter((group) => group.socksNowait).map((group) => group.socks.listen()),
    )
  }

  async close(graceMs: number): Promise<void> {
    this.#listening = false
    await Promise.all([...this.#groups.values()].map((group) => group.close(graceMs)))
  }

  #make(record: ReverseToken, socksNowait: boolean): ReverseGroup {
    const { server, use, onListening, onError } = this.#options
    try {
      const ofGroup = { record, socksNowait, server, use: () => use(record) }
      return new ReverseGroup({ ...ofGroup, onListening: (at) => onListening(record, at), onError })
    } catch (error) {
      this.#ports.release(record.port)
      throw error
    }
  }
}

/** Whether two listeners on these hosts conflict on the same port. */
function share(one: string, other: string): boolean {
  return one === other || wildcards.has(one) || wildcards.has(other)
}

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::', ''])
