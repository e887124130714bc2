import { checkDurationMs, checkInteger, type OptionNames } from '@ls/foundation'
import type { InboundOptions } from '../inbound/inbound.js'
import type { InboundUdpOptions } from '../inbound/udp.js'

/** Limits of UDP associations, and the address that is announced. */
export interface ProxyUdpOptions extends InboundUdpOptions {
  /** Address announced to UDP clients. @default the one that they reached */
  readonly advertise?: string | undefined
}

/** What proxy ports accept: the group `proxy` in the options of servers and clients. */
export interface ProxyOptions extends Pick<
  InboundOptions,
  'accounts' | 'inbound' | 'httpTransparent' | 'httpMaxHeadBytes' | 'fastOpen'
> {
  /**
   * Addresses of the proxy: `host:port`, `unix:/path`, or `ws://host:port/path` for byte streams over WebSocket, as
   * V2Ray and Xray open them. @default none
   */
  readonly listen?: readonly string[] | undefined
  /** Limits of UDP associations, and the address that is announced. @default those of {@link ProxyUdpOptions} */
  readonly udp?: ProxyUdpOptions | undefined
}

/** Names of the {@link ProxyOptions}. */
export const proxyOptionNames = {
  listen: true,
  accounts: true,
  inbound: true,
  httpTransparent: true,
  httpMaxHeadBytes: true,
  fastOpen: true,
  udp: { idleMs: true, advertise: true } satisfies OptionNames<ProxyUdpOptions>,
} as const satisfies OptionNames<ProxyOptions>

/** Options of an `Inbound` that it has in common with the group `proxy`. */
export type ProxyPortOptions = Pick<
  InboundOptions,
  'inbound' | 'httpTransparent' | 'httpMaxHeadBytes' | 'fastOpen' | 'udp' | 'udpAdvertise'
>

/**
 * Options of an `Inbound` except its places and accounts, from the group `proxy`. @throws RangeError for a value out of
 * its range
 */
export function proxyPortOptions(proxy: ProxyOptions): ProxyPortOptions {
  const { inbound, httpTransparent, httpMaxHeadBytes, fastOpen, udp = {} } = proxy
  const { advertise, ...limits } = udp
  if (httpMaxHeadBytes !== undefined) checkInteger('proxy.httpMaxHeadBytes', httpMaxHeadBytes, 1)
  if (limits.idleMs !== undefined) checkDurationMs('proxy.udp.idleMs', limits.idleMs)
  return { inbound, httpTransparent, httpMaxHeadBytes, fastOpen, udp: limits, udpAdvertise: advertise }
}
