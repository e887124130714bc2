import { domainToASCII } from 'node:url'

export interface QueryName {
  /** In lower case, of ASCII, without a trailing dot. */
  readonly name: string
  /** Whether it had a trailing dot, which rules search domains out. */
  readonly isAbsolute: boolean
}

/** RFC 1035 §2.3.4, as text and without the trailing dot. */
const maxNameBytes = 253

/**
 * Allowed characters of a DNS name: letters, digits and all marks but the backslash, which c-ares reads as an escape.
 */
const plain = /^[!-[\]-~]+$/

/** May be turned into ASCII: `domainToASCII` reads a URL, and would cut the name at what ends a host there. */
const international = /^(?=.*[^\0-\x7f])[^\0-\x20\x7f/?#@:[\]\\%]+$/

/**
 * Reads a host name as DNS takes it; international names in their ASCII form (RFC 5891). Undefined where it can be
 * none.
 */
export function parseQueryName(host: string): QueryName | undefined {
  const ascii = international.test(host) ? domainToASCII(host) : host
  const isAbsolute = ascii.endsWith('.')
  const name = (isAbsolute ? ascii.slice(0, -1) : ascii).toLowerCase()
  const labels = name.split('.')
  const fits = name.length <= maxNameBytes && labels.every(({ length }) => length > 0 && length <= 63)
  return fits && plain.test(name) ? { name, isAbsolute } : undefined
}
