/**
 * Returns the group that limits per address count as one: an IPv4 address, also one written as IPv6 (RFC 4291
 * §2.5.5.2), or a /64 of IPv6, since every customer has at least that many addresses (RFC 6177). Zones are omitted.
 * Other text is its own group.
 *
 * @example
 * addressGroup('::ffff:192.0.2.1') // '192.0.2.1'
 * addressGroup('2001:db8:0:1::5') // '2001:db8:0:1::/64'
 */
export function addressGroup(address: string): string {
  const plain = address.split('%', 1)[0] ?? ''
  if (!plain.includes(':')) return plain
  const words = wordsOf(plain)
  if (words.length !== 8) return plain
  const [high = 0, low = 0] = words.slice(6)
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) {
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
  }
  const network = words.slice(0, 4).map((word) => word.toString(16))
  return `${network.join(':')}::/64`
}

/**
 * Returns the /48 of an IPv6 address, which sites and customers commonly receive: with its 65,536 groups, one client
 * could use the limits of as many. Undefined for IPv4, and for other text.
 *
 * @example
 * addressBlock('2001:db8:0:1::5') // '2001:db8:0::/48'
 */
export function addressBlock(address: string): string | undefined {
  const words = /^([^:]*:[^:]*:[^:]*):[^:]*::\/64$/.exec(addressGroup(address))?.[1]
  return words === undefined ? undefined : `${words}::/48`
}

/** Returns the eight words of an IPv6 address, with or without `::` and an IPv4 tail. */
function wordsOf(address: string): number[] {
  const [head = '', tail] = address.replace(dottedTail, inHex).split('::')
  const front = parseWords(head)
  if (tail === undefined) return front
  const back = parseWords(tail)
  return [...front, ...Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back]
}

const dottedTail = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/

function inHex(_text: string, ...bytes: string[]): string {
  const [a, b, c, d] = bytes.map(Number) as [number, number, number, number]
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

function parseWords(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16))
}
