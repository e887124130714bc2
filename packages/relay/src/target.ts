import { isIPv6 } from 'node:net'
import type { Address } from '@ls/codec'

/** `host:port` for logs and error texts, with brackets around IPv6. */
export function formatTarget(address: Address): string {
  return isIPv6(address.host) ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
