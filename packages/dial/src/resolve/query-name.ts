import { domainToASCII } from 'node:url'

export interface QueryName {
  /** In lower case, of ASCII, without a trailing dot. */
  readonly name: string
  /** Whether the name had a trailing dot, which excludes search domains. */
  readonly isAbsolute: boolean
}

/** Limit of RFC 1035 §2.3.4, as text and without the trailing dot. */
const maxNameBytes = 253

/**
 * Allowed characters of a DNS name: letters, digits and all marks but the backslash, which c-ares reads as an escape.
 */
const plain = /^[!-[\]-~]+$/

/**
 * Names that may be converted to ASCII: `domainToASCII` reads a URL, and would cut the name at characters that end a
 * host there.
 */
const international = /^(?=.*[^\0-\x7f])[^\0-\x20\x7f/?#@:[\]\\%]+$/

/**
 * Reads a host name in the form that DNS uses; international names in their ASCII form (RFC 5891). Undefined for an
 * impossible name.
 */
export function parseQueryName(host: string): QueryName | undefined {
  const ascii = international.test(host) ? domainToASCII(host) : host
  const isAbsolute = ascii.endsWith('.')
  const name = (isAbsolute ? ascii.slice(0, -1) : ascii).toLowerCase()
  const labels = name.split('.')
  const fits = name.length <= maxNameBytes && labels.every(({ length }) => length > 0 && length <= 63)
  return fits && plain.test(name) ? { name, isAbsolute } : undefined
}
