/** Fields that the CONNECT request sets itself, or that would break its framing (RFC 9110 §7.6.1, §9.3.6). */
const reserved = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Whether a CONNECT request sets the field `name` itself, so that callers may not; case does not matter. */
export function isReservedConnectField(name: string): boolean {
  return reserved.has(name.toLowerCase())
}
