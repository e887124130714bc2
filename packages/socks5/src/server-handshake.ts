import type { Authenticator } from '@ls/foundation'
import { noBytes } from './bytes.js'
import type { Destination } from './destination.js'
import { hex, SocksError } from './errors.js'
import { type Dialect, HandshakeReader, type FailedStep, type NeedMoreStep } from './handshake-reader.js'
import type { ReplyCode } from './reply.js'
import type { SocksRequest } from './request.js'
import { encodeReply as encodeSocks4Reply, socks4Version } from './socks4/messages.js'
import { Socks4ServerHandshake } from './socks4/server-handshake.js'
import { authMethod, encodeMethod, encodeReply as encodeSocks5Reply, socks5Version } from './socks5/messages.js'
import { Socks5ServerHandshake } from './socks5/server-handshake.js'

/** Versions that a server supports; `socks4` means 4 and 4a. */
export type SocksVersion = 'socks5' | 'socks4'

/** Users that a {@link ServerHandshake} admits, and commands that it serves. */
export interface ServerHandshakeOptions {
  /**
   * Decides which users are accepted. With it, SOCKS4 is refused: it carries no password. @default undefined: all users
   */
  readonly auth?: Authenticator | undefined
  /** Whether UDP ASSOCIATE is served: the caller must then relay datagrams. @default false */
  readonly udp?: boolean | undefined
  /** The versions served; `socks4` means 4 and 4a. @default ['socks5', 'socks4'] */
  readonly versions?: readonly SocksVersion[] | undefined
}

/** The client has sent its request: write `output`, then answer with `reply`. */
export interface RequestStep {
  readonly state: 'request'
  /** Bytes for the client, to go before the reply; may be empty. */
  readonly output: Uint8Array
  /** The client's request. */
  readonly request: SocksRequest
  /** Bytes after the request: the first payload of the tunnel. */
  readonly leftover: Uint8Array
}

/** State of a {@link ServerHandshake} after bytes of the client; distinguished by `state`. */
export type ServerStep = NeedMoreStep | FailedStep | RequestStep

/**
 * The server's side of a SOCKS handshake, a state machine without I/O; the first byte decides the version. The result
 * does not depend on how the bytes are split. Keeps at most `maxMessageBytes` between calls.
 *
 * @example
 * const handshake = new ServerHandshake()
 * handshake.push(Uint8Array.of(5, 1, 0)) // { state: 'need-more', output: 05 00 }
 * handshake.push(Uint8Array.of(5, 1, 0, 1, 127, 0, 0, 1, 0, 80)) // { state: 'request', request: { … }, … }
 * handshake.reply('succeeded') // 05 00 00 01 00 00 00 00 00 00
 */
export class ServerHandshake {
  readonly #options: ServerHandshakeOptions
  #reader: HandshakeReader<SocksRequest> | undefined
  #request: SocksRequest | undefined

  constructor(options: ServerHandshakeOptions = {}) {
    this.#options = options
  }

  /**
   * Handles the client's next bytes. Never throws for bytes of the client.
   *
   * @throws {TypeError} after a step that was not `need-more`
   */
  push(bytes: Uint8Array): ServerStep {
    const [version] = bytes
    if (this.#reader === undefined) {
      if (version === undefined) return { state: 'need-more', output: noBytes }
      this.#reader = new HandshakeReader(this.#dialect(version))
    }
    const step = this.#reader.push(bytes)
    if (step.state !== 'done') return step
    this.#request = step.result
    return { state: 'request', output: step.output, request: step.result, leftover: step.leftover }
  }

  /**
   * Returns the bytes that answer the request. `bound` is the address of the outgoing socket, or for `udp-associate`
   * the one that takes datagrams, which the client must be able to reach. After a failure, close.
   *
   * @throws {TypeError} when no request waits for an answer
   */
  reply(code: ReplyCode, bound?: Destination): Uint8Array {
    const request = this.#request
    if (request === undefined) throw new TypeError('reply without a request that waits for one')
    const bytes = request.version === 5 ? encodeSocks5Reply(code, bound) : encodeSocks4Reply(code, bound)
    this.#request = undefined
    return bytes
  }

  #dialect(version: number): Dialect<SocksRequest> {
    const { auth, udp = false, versions = ['socks5', 'socks4'] } = this.#options
    if (version === socks5Version) {
      if (versions.includes('socks5')) return new Socks5ServerHandshake(auth, udp)
      return refuse(version, 'SOCKS5 is off', encodeMethod(authMethod.unacceptable))
    }
    if (version === socks4Version) {
      if (versions.includes('socks4')) return new Socks4ServerHandshake(auth !== undefined)
      return refuse(version, 'SOCKS4 is off', encodeSocks4Reply('failed'))
    }
    // This client uses another protocol, and would not understand a SOCKS answer.
    return refuse(version, 'the versions of SOCKS are 0x04 and 0x05', noBytes)
  }
}

function refuse(version: number, reason: string, answer: Uint8Array): Dialect<never> {
  return {
    read: () => {
      throw new SocksError('ERR_SOCKS_VERSION', `first byte ${hex(version)}: ${reason}`)
    },
    refusal: () => answer,
  }
}
