import type { Channel, Session } from '@ls/mux'
import type { RelayError } from '@ls/relay'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Peer } from '../links/peer.js'
import { resolveServerOptions } from '../options/resolve-options.js'
import type { ConnectorToken, ReverseToken } from '../tokens/token-registry.js'
import { forwardedSlots } from '../tokens/token-slots.js'
import type { ForwardTerms } from './channel-forwarder.js'
import { ChannelRouter, type ChannelRouterOptions } from './channel-router.js'

/** Heap for three forwarded channels, two of them of one token. */
const heapFiles = 6

const reverse = { kind: 'reverse', token: 'r' } as ReverseToken
const otherReverse = { kind: 'reverse', token: 's' } as ReverseToken
/** Functions to call when a forwarded channel has ended. */
let ends: (() => void)[]
let router: ChannelRouter

beforeEach(() => {
  ends = []
  router = new ChannelRouter({
    server: resolveServerOptions({}),
    groups: { of: () => ({ providersFor: () => ({}) }) },
    channelForwarder: {
      connect: (_channel: Channel, _from: Session, { onOver }: ForwardTerms) => void ends.push(onOver!),
    },
    uses: { of: () => undefined, askFor: () => undefined },
    isDraining: () => false,
    relay: undefined,
    forwardedSlots: forwardedSlots(heapFiles),
  } as object as ChannelRouterOptions)
})

/** Asks for a channel with a connector's token; returns the reason of a refusal. */
function ask(owner: ReverseToken): RelayError['message'] | undefined {
  let refusal: string | undefined
  const reject = (reason: string): void => void (refusal = reason)
  const channel = { state: 'opening', address: { host: 'a.test', port: 1 }, reject } as Partial<Channel> as Channel
  const record = { kind: 'connector', reverse: owner } as ConnectorToken
  router.connect({ record } as Peer, channel)
  return refusal
}

describe('ChannelRouter.connect', () => {
  test('limits the forwarded channels of all connectors of a token', () => {
    ask(reverse)
    ask(reverse)
    expect(ask(reverse)).toBe("busy: the limit of 2 forwarded channels of this token (V8's heap) is reached")
  })

  test('leaves forwarded channels for other tokens', () => {
    ask(reverse)
    ask(reverse)
    expect(ask(otherReverse)).toBeUndefined()
  })

  test('limits the forwarded channels of all tokens', () => {
    ask(reverse)
    ask(reverse)
    ask(otherReverse)
    expect(ask(otherReverse)).toBe("busy: the limit of 3 forwarded channels of all tokens (V8's heap) is reached")
  })

  test('takes another forwarded channel when one has ended', () => {
    ask(reverse)
    ask(reverse)
    ends[0]?.()
    expect(ask(reverse)).toBeUndefined()
  })
})
