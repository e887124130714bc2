import { isDirectTarget } from '@ls/codec'
import { textOf } from '@ls/foundation'
import type { Channel } from '@ls/mux'
import type { Outbound } from '@ls/relay'
import { mayBypass } from '../direct/may-bypass.js'
import { drainReason } from '../life/drain.js'
import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import { admitForwarded } from '../policy/admit-forwarded.js'
import type { TokenUse } from '../policy/token-use.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { Relay } from '../relay-mode/relay.js'
import { forwardRights, narrowed } from '../tickets/ticket-rights.js'
import { tenantOf } from '../tokens/tenant.js'
import { forwardedSlots, leavingSlots, type TokenSlots } from '../tokens/token-slots.js'
import type { ChannelForwarder } from './channel-forwarder.js'
import type { ReverseGroups } from './reverse-groups.js'

export interface ChannelRouterOptions {
  readonly server: ResolvedServerOptions
  readonly outbound: Outbound
  readonly groups: ReverseGroups
  readonly channelForwarder: ChannelForwarder
  readonly uses: TokenUses
  isDraining(): boolean
  readonly relay: Pick<Relay, 'takeChannel' | 'mayBypass'> | undefined
  /** Slots of tokens without a policy, for channels to providers. @default as many as V8's heap has room for */
  readonly forwardedSlots?: TokenSlots
}

/** Routes the channels that clients request, by their tokens. */
export class ChannelRouter {
  readonly #options: ChannelRouterOptions
  readonly #leaving: TokenSlots
  readonly #forwarded: TokenSlots

  constructor(options: ChannelRouterOptions) {
    this.#options = options
    this.#leaving = leavingSlots(options.server)
    this.#forwarded = options.forwardedSlots ?? forwardedSlots()
  }

  /** Serves a channel of a client, or refuses it with the reason. */
  connect(peer: Peer, channel: Channel): void {
    if (this.#options.isDraining()) return channel.reject(`busy: ${drainReason}`)
    const { uses } = this.#options
    const use = uses.of(peer.record)
    const refusal = use?.channelRefusal()
    if (refusal !== undefined) return channel.reject(refusal.message)
    const asked = uses.askFor(peer, channel)
    if (asked === undefined) return this.#pass(peer, channel, use)
    asked
      .then((reason) => {
        if (channel.state === 'closed') return
        if (reason === undefined) this.#pass(peer, channel, use)
        else channel.reject(`forbidden: ${reason}`)
      })
      .catch((error: unknown) => channel.reject(`failed: ${textOf(error)}`))
  }

  #pass(peer: Peer, channel: Channel, use: TokenUse | undefined): void {
    const { outbound, groups, channelForwarder, server } = this.#options
    const { record, session } = peer
    if (record.kind === 'forward') {
      const slots = use?.slots ?? this.#leaving.of(record)
      const asker = { source: peer.remoteAddress, slots, tenant: record, ...use?.askerRules }
      return outbound.serve(channel, narrowed(asker, peer.ticket?.rules))
    }
    const group = groups.of(record)
    if (record.kind === 'reverse' || group === undefined) return channel.reject('forbidden: providers open no channels')
    const pass = (onOver: () => void): void => {
      const providers = group.providersFor(record)
      channelForwarder.connect(channel, session, {
        providers,
        waitMs: server.connectorWaitMs,
        pace: use?.forwardPace,
        onOver,
      })
    }
    if (isDirectTarget(channel.address)) {
      const hasRules = !mayBypass(peer, use, this.#options.relay)
      if (server.directPaths !== true || hasRules) return channel.reject(directRefusal(hasRules))
    }
    const rights = forwardRights(peer, use, this.#forwarded.of(tenantOf(record)), server)
    admitForwarded(channel, rights, (onOver) => pass(this.#withSlot(peer, onOver)))
  }

  /**
   * Takes a slot of the connector's address. @throws RelayError where it has too many channels; all slots are released
   * then
   */
  #withSlot(peer: Peer, onOver: () => void): () => void {
    try {
      const release = this.#options.relay?.takeChannel(peer)
      return () => {
        release?.()
        onOver()
      }
    } catch (error) {
      onOver()
      throw error
    }
  }
}

/** Reason to refuse a direct path: the server's rules and quotas cannot apply to its traffic. */
function directRefusal(hasRules: boolean): string {
  return hasRules
    ? 'forbidden: this token has rules or limits, which a direct path would bypass'
    : 'forbidden: direct paths are off at this server (--direct-enable)'
}
