import { ChannelSlots, type ChannelSlotsOptions } from '@ls/relay'
import { filesOfHeap, shareDescriptors } from '../descriptor-limit.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { TokenRecord } from './token-registry.js'

/** Channel slots of each token without a policy. */
export class TokenSlots {
  readonly #share: ChannelSlotsOptions
  readonly #slots = new WeakMap<TokenRecord, ChannelSlots>()

  /** @param share Slots of one token. */
  constructor(share: ChannelSlotsOptions) {
    this.#share = share
  }

  of(record: TokenRecord): ChannelSlots {
    const known = this.#slots.get(record) ?? new ChannelSlots(this.#share)
    this.#slots.set(record, known)
    return known
  }
}

/** Slots of tokens whose traffic leaves at this server: each channel is an open file. */
export function leavingSlots({
  maxTokenChannels: limit,
  slots: parent,
}: Pick<ResolvedServerOptions, 'maxTokenChannels' | 'slots'>): TokenSlots {
  return new TokenSlots({ limit, what: 'channels of this token (--max-token-channels)', parent })
}

/**
 * Slots of tokens whose channels are forwarded to providers. They need no files, but memory, also while a provider does
 * not answer: without a limit, one token could fill the heap.
 *
 * @param heapFiles Number of files that would fill V8's heap. @default that of this process
 */
export function forwardedSlots(heapFiles = filesOfHeap()): TokenSlots {
  const { channels, tokenChannels } = shareDescriptors(heapFiles)
  const parent = new ChannelSlots({ limit: channels, what: "forwarded channels of all tokens (V8's heap)" })
  return new TokenSlots({ limit: tokenChannels, what: "forwarded channels of this token (V8's heap)", parent })
}
