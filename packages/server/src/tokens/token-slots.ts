import { ChannelSlots } from '@ls/relay'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { TokenRecord } from './token-registry.js'

/** Channel slots of each token whose traffic leaves here. */
export class TokenSlots {
  readonly #server: Pick<ResolvedServerOptions, 'maxTokenChannels' | 'slots'>
  readonly #slots = new WeakMap<TokenRecord, ChannelSlots>()

  constructor(server: Pick<ResolvedServerOptions, 'maxTokenChannels' | 'slots'>) {
    this.#server = server
  }

  of(record: TokenRecord): ChannelSlots {
    const { maxTokenChannels: limit, slots: parent } = this.#server
    const what = 'channels of this token (--max-token-channels)'
    const known = this.#slots.get(record) ?? new ChannelSlots({ limit, what, parent })
    this.#slots.set(record, known)
    return known
  }
}
