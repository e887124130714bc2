import type { SessionOptions } from '@ls/mux'
import { Inbound, type InboundOptions } from '../src/inbound/inbound.js'
import { Outbound, type OutboundOptions } from '../src/outbound/outbound.js'
import { closing } from './cleanup.js'
import { type SessionPair, sessionPair } from './session-pair.js'

export interface RelayPairOptions {
  readonly inbound?: Omit<InboundOptions, 'pick' | 'port'>
  readonly outbound?: OutboundOptions
  readonly session?: SessionOptions
}

/** Both halves of a proxy, joined by a session in memory. */
export interface RelayPair extends SessionPair {
  readonly inbound: Inbound
  /** Port for proxy clients. */
  readonly port: number
}

export async function relayPair({ inbound: own, outbound, session }: RelayPairOptions = {}): Promise<RelayPair> {
  const serving = new Outbound(outbound)
  const pair = sessionPair((channel) => serving.serve(channel), session)
  const inbound = closing(new Inbound({ host: '127.0.0.1', port: 0, ...own, pick: () => pair.near }))
  await inbound.listen()
  return { ...pair, inbound, port: inbound.address?.port ?? 0 }
}
