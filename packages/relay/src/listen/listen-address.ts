import { isIPv6 } from 'node:net'
import { formatHostPort } from '@ls/foundation'

/** Address on which an inbound listens: a TCP port, a UNIX socket, or a port for byte streams over WebSocket. */
export type ListenAddress = TcpAddress | UnixAddress | WebSocketAddress

export interface TcpAddress {
  readonly host: string
  /** Port; 0 for any free one. */
  readonly port: number
  /** Whether this process alone accepts there, even if the processes of a `node:cluster` share ports. @default false */
  readonly exclusive?: boolean
}

export interface UnixAddress {
  /** Path of the socket file. */
  readonly path: string
  /** As for a TCP address. @default false */
  readonly exclusive?: boolean
}

export interface WebSocketAddress {
  readonly webSocket: TcpAddress & {
    /** Whether it speaks TLS: `wss`. */
    readonly secure: boolean
    /** Path at which WebSockets open, beginning with `/`. */
    readonly path: string
  }
}

/**
 * Parses `host:port`, `[::1]:1080`, `1080` (on 127.0.0.1), `unix:/run/proxy.sock` or `ws://host:port/path`.
 *
 * @throws RangeError naming the value and the limit
 */
export function parseListenAddress(text: string): ListenAddress {
  if (/^wss?:/.test(text)) return { webSocket: parseWebSocket(text) }
  if (text.startsWith(unixPrefix)) return { path: checkPath(text.slice(unixPrefix.length)) }
  const match = /^(?:(?:\[([^\]]*)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text)
  if (match === null)
    throw new RangeError(
      `"${text}" is no place to listen; write HOST:PORT, [IPV6]:PORT, unix:PATH or ws://HOST:PORT/PATH`,
    )
  const [, address, name, digits] = match
  if (address !== undefined && !isIPv6(address)) throw new RangeError(`"${text}" has no IPv6 address in its brackets`)
  const port = Number(digits)
  if (port > 65_535) throw new RangeError(`"${text}" has port ${port}; ports end at 65535`)
  return { host: address ?? name ?? '127.0.0.1', port }
}

/** Formats an address so that {@link parseListenAddress} parses it. */
export function formatListenAddress(address: ListenAddress): string {
  if ('path' in address) return `${unixPrefix}${address.path}`
  if (!('webSocket' in address)) return formatHostPort(address.host, address.port)
  const { secure, host, port, path } = address.webSocket
  return `${secure ? 'wss' : 'ws'}://${formatHostPort(host, port)}${path}`
}

function parseWebSocket(text: string): WebSocketAddress['webSocket'] {
  if (!URL.canParse(text)) throw new RangeError(`"${shown(text)}" is no place to listen; write ws://HOST:PORT/PATH`)
  const { protocol, hostname, port, pathname, searchParams, hash, username, password } = new URL(text)
  if (username !== '' || password !== '') {
    throw new RangeError(`"${shown(text)}" has an account in it; the port's accounts are an option of their own`)
  }
  // Clients may use the same URL with this parameter; a server accepts early data without it, as much as its head limit
  // allows.
  searchParams.delete('ed')
  if (searchParams.size > 0 || hash !== '') {
    throw new RangeError(`"${shown(text)}" has something behind its path; only ed= may be there`)
  }
  const secure = protocol === 'wss:'
  const defaultPort = secure ? 443 : 80
  return {
    secure,
    host: hostname.replaceAll(/^\[|\]$/g, ''),
    port: port === '' ? defaultPort : Number(port),
    path: pathname,
  }
}

/** Removes an account from the text. */
function shown(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//***@')
}

function checkPath(path: string): string {
  const bytes = Buffer.byteLength(path)
  // An abstract name (Linux) has no file whose mode would keep other users out.
  if (bytes === 0 || path.includes('\0')) throw new RangeError(`"${unixPrefix}" needs the path of a file behind it`)
  if (bytes <= maxPathBytes) return path
  throw new RangeError(`the UNIX socket path "${path}" has ${bytes} bytes; the limit is ${maxPathBytes}`)
}

const unixPrefix = 'unix:'

/**
 * `sun_path` is 104 bytes on BSD and macOS, including its NUL; Linux has 108. Systems truncate longer paths silently.
 */
const maxPathBytes = 103
