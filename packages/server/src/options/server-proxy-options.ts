import type { ProxyOptions } from '@ls/relay'

/** Proxy ports of a server: its own (`listen`, `accounts`), and those of reverse tokens. */
export interface ServerProxyOptions extends ProxyOptions {
  /**
   * Proxy ports of the server itself, whose users' traffic leaves here, without a link: `host:port`, `unix:/path`, or
   * `ws://host:port/path` for byte streams over WebSocket, as V2Ray and Xray open them. @default none
   */
  readonly listen?: readonly string[] | undefined
  /** Accounts that may use those ports; empty for no authentication. @default [] */
  readonly accounts?: ProxyOptions['accounts']
  /** Address of reverse tokens' SOCKS ports, unless the token has its own. @default '127.0.0.1' */
  readonly host?: string | undefined
  /** Whether SOCKS ports open before the first provider has connected, when the token does not say. @default false */
  readonly nowait?: boolean | undefined
  /** First and last port for reverse tokens that set no port. @default [1024, 10240] */
  readonly portPool?: readonly [number, number] | undefined
}
