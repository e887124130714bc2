import { replyForms } from '@ls/foundation'

/** Result of a request, in one set of words for both versions (protocol.md §4, RFC 1928 §6). */
export type ReplyCode =
  | 'succeeded'
  | 'failed'
  | 'forbidden'
  | 'network-unreachable'
  | 'host-unreachable'
  | 'refused'
  | 'timeout'
  | 'command-unsupported'
  | 'address-unsupported'

/** A reply that ends the connection. */
export type FailureCode = Exclude<ReplyCode, 'succeeded'>

/** The table from word to byte. `timeout` is RFC 1928's "TTL expired". */
export const replyBytes: Readonly<Record<ReplyCode, { readonly socks5: number; readonly socks4: number }>> = {
  succeeded: { socks5: 0x00, socks4: 0x5a },
  failed: { socks5: 0x01, socks4: 0x5b },
  forbidden: replyForms.forbidden,
  'network-unreachable': replyForms['network-unreachable'],
  'host-unreachable': replyForms['host-unreachable'],
  refused: replyForms.refused,
  timeout: replyForms.timeout,
  'command-unsupported': { socks5: 0x07, socks4: 0x5b },
  'address-unsupported': { socks5: 0x08, socks4: 0x5b },
}

/** Returns the byte that a client of `version` receives for `code`. */
export function encodeReplyCode(code: ReplyCode, version: 4 | 5): number {
  if (!Object.hasOwn(replyBytes, code)) throw new TypeError(`unknown reply code ${JSON.stringify(code)}`)
  return replyBytes[code][version === 5 ? 'socks5' : 'socks4']
}

/** Returns the word for a proxy's byte; `failed` for a byte that the RFC does not define. */
export function decodeReplyCode(byte: number, version: 4 | 5): ReplyCode {
  return (version === 5 ? socks5Words : socks4Words).get(byte) ?? 'failed'
}

const socks5Words = new Map(Object.entries(replyBytes).map(([code, bytes]) => [bytes.socks5, code as ReplyCode]))

/** 0x5C and 0x5D say that the proxy's identd check of the user failed. */
const socks4Words = new Map<number, ReplyCode>([
  [0x5a, 'succeeded'],
  [0x5b, 'failed'],
  [0x5c, 'forbidden'],
  [0x5d, 'forbidden'],
])
