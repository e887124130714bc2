import { domainToASCII } from 'node:url'

/** RFC 1035 §2.3.4 gives a name 255 bytes on the wire, which are 253 in text. */
const maxNameBytes = 253

/**
 * Normalizes a host name to the form that rules compare and resolvers get: ASCII in lower case, without the dot of the
 * root. Names in other scripts become their DNS form (UTS #46), whose mapping may turn `１２７.1` into `127.1`.
 *
 * @returns the fault, as `{ fault }`, for a text that cannot be a host name
 */
export function parseHostName(text: string): { readonly name: string } | { readonly fault: string } {
  // A UTF-16 unit is at least one byte, so this rejects long text early. One more for the dot of the root.
  if (text.length > maxNameBytes + 1) return tooLong(text.length)
  if (forbidden.test(text)) return noName
  const ascii = isAscii.test(text) ? text.toLowerCase() : domainToASCII(text)
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii
  if (name.length > maxNameBytes) return tooLong(name.length)
  if (forbidden.test(name)) return noName
  if (name.split('.').includes('')) return { fault: 'has an empty label' }
  return { name }
}

const noName = { fault: 'has a character that no host name has' }

function tooLong(bytes: number): { readonly fault: string } {
  return { fault: `has ${bytes} bytes; the limit is ${maxNameBytes}` }
}

const isAscii = /^[\0-\x7f]*$/

/** Characters that end a name in C's resolver (NUL) or break out of a URL, `host:port` or a log line. */
const forbidden = /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/
