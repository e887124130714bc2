import type { Destination } from './destination.js'
import { SocksError } from './errors.js'
import type { Established } from './established.js'
import { type Dialect, HandshakeReader, type FailedStep, type NeedMoreStep } from './handshake-reader.js'
import { Socks4ClientHandshake } from './socks4/client-handshake.js'
import { Socks5ClientHandshake } from './socks5/client-handshake.js'
import type { RequestCommand } from './socks5/messages.js'

/** Versions that a client supports: SOCKS5 (RFC 1928), SOCKS4, or SOCKS4a, which is SOCKS4 with host names. */
export type ClientVersion = '5' | '4' | '4a'

/** Request and account of a {@link ClientHandshake}. */
export interface ClientHandshakeOptions {
  /** Version of the proxy. `4` carries IPv4 addresses only, `4a` names too. @default '5' */
  readonly version?: ClientVersion | undefined
  /** `udp-associate` is SOCKS5 only. @default 'connect' */
  readonly command?: RequestCommand | undefined
  /** The target; for `udp-associate` the address from which this client will send, `0.0.0.0:0` if unknown. */
  readonly destination: Destination
  /** 1–255 bytes of UTF-8. With 4 and 4a the user id. @default undefined: no authentication */
  readonly username?: string | undefined
  /** Up to 255 bytes of UTF-8; SOCKS5 only, and only with `username`. @default '' */
  readonly password?: string | undefined
}

/** The tunnel is open: write `output` (possibly empty), and treat `leftover` as its first bytes. */
export interface EstablishedStep extends Established {
  readonly state: 'established'
  /** Bytes for the proxy, to go before any payload. */
  readonly output: Uint8Array
  /** Bytes behind the proxy's answer; may be empty. A view into the chunk where possible. */
  readonly leftover: Uint8Array
}

/** State of a {@link ClientHandshake} after bytes of the proxy; distinguished by `state`. */
export type ClientStep = NeedMoreStep | FailedStep | EstablishedStep

/**
 * The client's side of a SOCKS handshake, a state machine without I/O: bytes in, bytes out. The result does not depend
 * on how the bytes are split.
 *
 * @example
 * const handshake = new ClientHandshake({ destination: parseDestination('example.com', 443) })
 * socket.write(handshake.start())
 * const step = handshake.push(bytesFromTheProxy)
 */
export class ClientHandshake {
  readonly #dialect: Dialect<Established> & { readonly greeting: Uint8Array }
  readonly #reader: HandshakeReader<Established>

  /**
   * @throws {SocksError} where the version cannot carry the destination, or a text is too long
   * @throws {TypeError} for options that do not go together
   */
  constructor(options: ClientHandshakeOptions) {
    this.#dialect = (options.version ?? '5') === '5' ? socks5(options) : socks4(options)
    this.#reader = new HandshakeReader(this.#dialect)
  }

  /** Returns the first bytes to write. */
  start(): Uint8Array {
    return this.#dialect.greeting
  }

  /**
   * Handles the proxy's next bytes. Never throws for bytes of the proxy.
   *
   * @throws {TypeError} after a step that was not `need-more`
   */
  push(bytes: Uint8Array): ClientStep {
    const step = this.#reader.push(bytes)
    if (step.state !== 'done') return step
    return { state: 'established', output: step.output, bound: step.result.bound, leftover: step.leftover }
  }
}

function socks5(options: ClientHandshakeOptions): Socks5ClientHandshake {
  const { command = 'connect', destination, username, password } = options
  if (username === undefined && password !== undefined) throw new TypeError('password without a username')
  if (username === '') throw new TypeError('username is empty; leave it out for no authentication')
  const credentials =
    username === undefined ? undefined : { username: encode(username), password: encode(password ?? '') }
  return new Socks5ClientHandshake({ command, destination }, credentials)
}

function socks4(options: ClientHandshakeOptions): Socks4ClientHandshake {
  const { version, command = 'connect', destination, username, password } = options
  if (version !== '4' && version !== '4a') throw new TypeError(`version is '5', '4' or '4a', not ${String(version)}`)
  if (command !== 'connect') throw new TypeError(`SOCKS4 has no ${command}`)
  if (password !== undefined) throw new TypeError('SOCKS4 carries no password')
  if (version === '4' && destination.type === 'domain') {
    const text = `SOCKS4 cannot carry the host name ${destination.host}; use 4a, or resolve it first`
    throw new SocksError('ERR_SOCKS_ADDRESS_TYPE', text)
  }
  return new Socks4ClientHandshake(destination, encode(username ?? ''))
}

const utf8 = new TextEncoder()
const encode = (text: string) => utf8.encode(text)
