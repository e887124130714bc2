import type { OptionNames } from '@ls/foundation'
import type { OutboundOptions } from '../outbound/outbound.js'
import type { GuardLevel } from '../rules/guard.js'
import type { UdpOptions } from '../udp/udp.js'

/** How traffic leaves: the group `exit` in the options of servers and providers. */
export interface ExitOptions extends Pick<
  OutboundOptions,
  'upstreamHeaders' | 'upstreamTls' | 'sendProxy' | 'ownPorts' | 'connectTimeoutMs' | 'udp'
> {
  /**
   * Proxies through which targets are reached, each through the one before: URLs such as
   * `socks5://user:pass@host:1080`. @default none
   */
  readonly upstreams?: readonly string[] | undefined
  /**
   * Exceptions from `upstreams`: `PATTERN=direct`, `PATTERN=reject` or `PATTERN=URL`; the first match counts.
   * @default none
   */
  readonly routes?: readonly string[] | undefined
  /**
   * Targets that may be requested, `ADDR:PORT`; at a server also by users of its proxy ports. @default all
   */
  readonly access?: readonly string[] | undefined
  /**
   * Targets that are closed even if `access` allows them. `local`: loopback, unspecified, link-local and multicast
   * addresses, metadata services of clouds, and the ports of this program; `private`: private networks too. The purpose
   * of providers is to open their network, so theirs is off.
   * @default 'local' at a server with a port that is not on loopback, else 'none'
   */
  readonly guard?: GuardLevel | undefined
}

/** Names of the {@link ExitOptions}. */
export const exitOptionNames = {
  upstreams: true,
  upstreamHeaders: true,
  upstreamTls: true,
  routes: true,
  access: true,
  sendProxy: true,
  guard: true,
  ownPorts: true,
  connectTimeoutMs: true,
  udp: { idleMs: true, maxResolving: true, resolver: true } satisfies OptionNames<UdpOptions>,
} as const satisfies OptionNames<ExitOptions>

/** Options of an `Outbound` that say how traffic leaves. */
export type OutboundWay = Pick<
  OutboundOptions,
  Exclude<keyof ExitOptions, 'upstreams' | 'access'> | 'upstreamProxies' | 'accessRules'
>

/** Options of an `Outbound`, from the group `exit`. */
export function outboundOptions({ upstreams, access, ...exit }: ExitOptions): OutboundWay {
  return { ...exit, upstreamProxies: upstreams, accessRules: access }
}
