import type { Account, PortChange } from '@ls/relay'
import { ServerError } from '../errors.js'
import type { PolicyOptions } from '../policy/policy-options.js'
import { Policy } from '../policy/policy.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { TokenRegistry } from '../tokens/token-registry.js'
import { faultOf, type ReverseTokenRequest } from '../tokens/token-requests.js'
import type { ServerPorts } from './server-ports.js'

/** Address at which the server listens for links. */
export interface LinkAddress {
  readonly host: string
  readonly port: number
}

/** Changes ports and policies of a running server: new ports open beside the old ones; links and connections stay. */
export class PortChanges {
  readonly #ports: ServerPorts
  readonly #tokens: TokenRegistry
  readonly #groups: ReverseGroups
  readonly #uses: TokenUses
  readonly #onMoved: (address: LinkAddress) => unknown

  /** @param onMoved Called when the port for links has changed. */
  constructor(
    ports: ServerPorts,
    tokens: TokenRegistry,
    groups: ReverseGroups,
    uses: TokenUses,
    onMoved: (address: LinkAddress) => unknown,
  ) {
    this.#ports = ports
    this.#tokens = tokens
    this.#groups = groups
    this.#uses = uses
    this.#onMoved = onMoved
  }

  /**
   * Prepares another address for links. The guard stays as it is.
   *
   * @throws ListenError for an address that cannot be opened; then nothing has changed
   */
  async changeAddress(address: LinkAddress): Promise<PortChange> {
    const next = await this.#ports.open(undefined, address)
    return {
      opened: [],
      commit: () => {
        this.#ports.use(next)
        this.#groups.serverMoved(next.address.port)
        this.#onMoved(next.address)
      },
      undo: () => void next.closeAll(),
    }
  }

  /**
   * Prepares other proxy ports of the server itself, and their accounts.
   *
   * @throws ListenError for a port that cannot be opened, RangeError or TypeError for an invalid one; then nothing has
   * changed
   */
  changeProxyPorts(places: readonly string[], accounts: readonly Account[]): Promise<PortChange> {
    return this.#ports.changeProxies(places, accounts)
  }

  /**
   * Prepares another SOCKS port and other users of a reverse token that has a port.
   *
   * @throws ListenError for a port that cannot be opened, ServerError for a token that is unknown or a port that is
   * taken, RangeError or TypeError for an invalid port or user; then nothing has changed
   */
  async changeReverseToken(token: string, request: ReverseTokenRequest): Promise<PortChange> {
    const fault = faultOf(request)
    if (fault !== undefined) throw new RangeError(fault)
    const record = this.#tokens.find(token)
    if (record?.kind !== 'reverse') throw new ServerError('ERR_SERVER_NO_REVERSE_TOKEN', 'reverse token does not exist')
    return this.#groups.change(record, request)
  }

  /**
   * Listens at a UNIX socket for links that other processes pass on, for sessions of this server; a `SessionOwner` of
   * theirs connects to it. The server trusts the client addresses that programs at this socket report.
   *
   * @throws ListenError where it cannot be opened
   */
  listenForPassed(path: string): Promise<void> {
    return this.#ports.listenForPassed(path)
  }

  /**
   * Gives a token another policy, or none of its own. Links and connections stay: rates, quotas and limits apply
   * immediately, rules to what begins from now on.
   *
   * @throws ServerError for an unknown token, PolicyFault for an invalid policy
   */
  changePolicy(token: string, policy: Policy | PolicyOptions | undefined): void {
    const record = this.#tokens.find(token)
    if (record === undefined) throw new ServerError('ERR_SERVER_TOKEN_INVALID', 'token does not exist')
    record.policy = policy === undefined ? undefined : Policy.of(policy)
    this.#uses.changed(record, record.kind === 'reverse' ? this.#tokens.connectorsOf(record) : [])
    if (record.kind === 'reverse') this.#groups.of(record)?.policyChanged()
  }

  /** Resolves when the SOCKS port of a token is open, if the port does not wait for a provider. @throws ListenError */
  async portOpened(token: string): Promise<void> {
    const record = this.#tokens.find(token)
    const group = record === undefined ? undefined : this.#groups.of(record)
    if (group?.socksNowait === true) await group.socks.listen()
  }
}
