/** Target of a connection. */
export interface Target {
  /** A name, or an IP address without brackets. */
  readonly host: string
  /** 1–65535. */
  readonly port: number
}

/** Writes `host:port`, with an IPv6 address in brackets (RFC 3986 §3.2.2). */
export function formatHostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
