import type { ChannelSlots, Exposure, ExposedHost } from '@ls/relay'
import { ServerError } from '../../errors.js'
import type { PacedSource } from '../../reverse/reverse-group.js'
import type { ReverseToken } from '../../tokens/token-registry.js'

/** Provider, or all providers of a token, behind a host name. */
export interface HostMember {
  readonly record: ReverseToken
  readonly exposure: Exposure
  /** Opens channels to the provider. */
  readonly source: PacedSource
  /** Counts the provider's connections. */
  readonly slots: ChannelSlots
}

/** Maps host names to providers. A name belongs to one token; several of its providers take turns. */
export class HostTable<M extends HostMember = HostMember> {
  readonly #members = new Map<string, M[]>()

  /** Adds a provider. @throws ServerError where another token has the name */
  add({ protocol, host }: ExposedHost, member: M): void {
    // Checks both protocols: the owner of http: must not lose its visitors over TLS to the tls: of another token.
    const holders = [...this.#at('http', host), ...this.#at('tls', host)]
    if (holders.some(({ record }) => record !== member.record)) {
      throw new ServerError('ERR_SERVER_EXPOSE_REFUSED', `the host name ${host} is exposed for another token`)
    }
    this.#members.set(`${protocol}:${host}`, [...this.#at(protocol, host), member])
  }

  remove({ protocol, host }: ExposedHost, member: M): void {
    const left = this.#at(protocol, host).filter((each) => each !== member)
    if (left.length === 0) this.#members.delete(`${protocol}:${host}`)
    else this.#members.set(`${protocol}:${host}`, left)
  }

  /** The next provider in turn; undefined for an unknown name. */
  next(protocol: ExposedHost['protocol'], host: string): M | undefined {
    const members = this.#members.get(`${protocol}:${host}`)
    const first = members?.shift()
    if (first !== undefined) members?.push(first)
    return first
  }

  #at(protocol: ExposedHost['protocol'], host: string): readonly M[] {
    return this.#members.get(`${protocol}:${host}`) ?? []
  }
}
