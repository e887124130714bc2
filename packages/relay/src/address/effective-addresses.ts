import { fromIpv4, fromIpv6, type IpAddress } from './ip-address.js'
import { isInNetwork, parseIpNetwork } from './ip-network.js'

/**
 * The address itself and all addresses at which its packets may end: loopback for the unspecified address, which
 * operating systems connect to themselves, and the IPv4 address embedded for a translator or tunnel. A rule that
 * forbids an address must also forbid all that lead to it.
 */
export function effectiveAddresses(address: IpAddress): readonly IpAddress[] {
  const { bytes } = address
  // Both unspecified addresses begin with zero, and the prefixes below with 0x00 and 0x20.
  if (bytes[0] !== 0x00 && bytes[0] !== 0x20) return [address]
  if (bytes.every((byte) => byte === 0)) return [address, loopbackOf(address)]
  const embedding = embeddings.find(({ network }) => isInNetwork(address, network))
  if (embedding === undefined) return [address]
  return [address, ...embedding.read(bytes).map((inner) => fromIpv4(inner))]
}

function loopbackOf({ family }: IpAddress): IpAddress {
  return family === 4 ? fromIpv4(new Uint8Array([127, 0, 0, 1])) : fromIpv6(new Uint8Array(16).fill(1, 15))
}

type Read = (bytes: Uint8Array) => readonly Uint8Array[]

const inTheEnd: Read = (bytes) => [bytes.subarray(12)]

const embeddings = (
  [
    // NAT64, RFC 6052 §2.1, and the prefix of RFC 8215 for networks' own translators.
    ['64:ff9b::/96', inTheEnd],
    ['64:ff9b:1::/48', inTheEnd],
    // IPv4-translated, RFC 2765 §2.1.
    ['::ffff:0:0:0/96', inTheEnd],
    // 6to4, RFC 3056 §2.
    ['2002::/16', (bytes) => [bytes.subarray(2, 6)]],
    // Teredo, RFC 4380 §4: the server, and the client with its bits inverted.
    ['2001::/32', (bytes) => [bytes.subarray(4, 8), bytes.slice(12).map((byte) => byte ^ 0xff)]],
  ] satisfies [string, Read][]
).map(([text, read]) => ({ network: parseIpNetwork(text)!, read }))
