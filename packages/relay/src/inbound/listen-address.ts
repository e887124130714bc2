import { isIPv6 } from 'node:net'

/** Where an inbound listens: a TCP port, or a UNIX socket. */
export type ListenAddress = TcpAddress | UnixAddress

export interface TcpAddress {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
}

export interface UnixAddress {
  /** Where the socket file is. */
  readonly path: string
}

/**
 * Reads `host:port`, `[::1]:1080`, `1080` (on 127.0.0.1) or `unix:/run/proxy.sock`.
 *
 * @throws RangeError naming the value and the limit
 */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith(unixPrefix)) return { path: checkPath(text.slice(unixPrefix.length)) }
  const match = /^(?:(?:\[([^\]]*)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text)
  if (match === null) throw new RangeError(`"${text}" is no place to listen; write HOST:PORT, [IPV6]:PORT or unix:PATH`)
  const [, address, name, digits] = match
  if (address !== undefined && !isIPv6(address)) throw new RangeError(`"${text}" has no IPv6 address in its brackets`)
  const port = Number(digits)
  if (port > 65_535) throw new RangeError(`"${text}" has port ${port}; ports end at 65535`)
  return { host: address ?? name ?? '127.0.0.1', port }
}

/** Writes what {@link parseListenAddress} reads. */
export function formatListenAddress(address: ListenAddress): string {
  if ('path' in address) return `${unixPrefix}${address.path}`
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`
}

function checkPath(path: string): string {
  const bytes = Buffer.byteLength(path)
  // An abstract name (Linux) has no file whose mode would keep others out.
  if (bytes === 0 || path.includes('\0')) throw new RangeError(`"${unixPrefix}" needs the path of a file behind it`)
  if (bytes <= maxPathBytes) return path
  throw new RangeError(`the UNIX socket path "${path}" has ${bytes} bytes; the limit is ${maxPathBytes}`)
}

const unixPrefix = 'unix:'

/** `sun_path` is 104 bytes on BSD and macOS, its NUL included; Linux has 108. Longer ones are cut without a word. */
const maxPathBytes = 103
