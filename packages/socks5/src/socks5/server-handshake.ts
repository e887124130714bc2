import type { Authenticator } from '@ls/foundation'
import { noBytes } from '../bytes.js'
import { SocksError } from '../errors.js'
import type { Dialect, Progress } from '../handshake-reader.js'
import type { SocksRequest } from '../request.js'
import {
  authMethod,
  encodeAuthStatus,
  encodeMethod,
  encodeReply,
  readCredentials,
  readGreeting,
  readRequest,
} from './messages.js'

/** The server's side of SOCKS5: greeting, credentials where they are required, request. */
export class Socks5ServerHandshake implements Dialect<SocksRequest> {
  readonly #auth: Authenticator | undefined
  readonly #udp: boolean
  #stage: 'greeting' | 'credentials' | 'request' = 'greeting'
  #user: string | undefined

  constructor(auth: Authenticator | undefined, udp: boolean) {
    this.#auth = auth
    this.#udp = udp
  }

  read(bytes: Uint8Array): Progress<SocksRequest> | undefined {
    switch (this.#stage) {
      case 'greeting':
        return this.#readGreeting(bytes)
      case 'credentials':
        return this.#readCredentials(bytes)
      case 'request':
        return this.#readRequest(bytes)
    }
  }

  refusal(error: SocksError): Uint8Array {
    switch (this.#stage) {
      case 'greeting':
        return encodeMethod(authMethod.unacceptable)
      case 'credentials':
        return encodeAuthStatus(false)
      case 'request':
        return encodeReply(error.reply ?? 'failed')
    }
  }

  #readGreeting(bytes: Uint8Array): Progress<SocksRequest> | undefined {
    const greeting = readGreeting(bytes)
    if (greeting === undefined) return undefined
    const method = this.#auth === undefined ? authMethod.none : authMethod.password
    if (!greeting.value.includes(method)) {
      const wanted = this.#auth === undefined ? 'no authentication' : 'user and password'
      throw new SocksError('ERR_SOCKS_AUTH_REQUIRED', `client does not offer the method "${wanted}"`)
    }
    this.#stage = this.#auth === undefined ? 'request' : 'credentials'
    return { byteLength: greeting.byteLength, output: encodeMethod(method), result: undefined }
  }

  #readCredentials(bytes: Uint8Array): Progress<SocksRequest> | undefined {
    const credentials = readCredentials(bytes)
    if (credentials === undefined) return undefined
    const { username, password } = credentials.value
    this.#user = this.#verify(username, password)
    this.#stage = 'request'
    return { byteLength: credentials.byteLength, output: encodeAuthStatus(true), result: undefined }
  }

  #readRequest(bytes: Uint8Array): Progress<SocksRequest> | undefined {
    const request = readRequest(bytes)
    if (request === undefined) return undefined
    const { command, destination } = request.value
    if (command === 'udp-associate' && !this.#udp) {
      throw new SocksError('ERR_SOCKS_COMMAND', 'UDP ASSOCIATE is off', { reply: 'command-unsupported' })
    }
    const result = { version: 5, command, destination, user: this.#user, userId: undefined } as const
    return { byteLength: request.byteLength, output: noBytes, result }
  }

  #verify(usernameBytes: Uint8Array, passwordBytes: Uint8Array): string {
    try {
      const username = strictUtf8.decode(usernameBytes)
      // Compared with true: a promise from an `async verify` must not admit every user.
      if (this.#auth?.verify(username, strictUtf8.decode(passwordBytes)) === true) return username
    } catch (cause) {
      throw new SocksError('ERR_SOCKS_AUTH_FAILED', 'the user and the password could not be checked', { cause })
    }
    throw new SocksError('ERR_SOCKS_AUTH_FAILED', 'wrong user or password')
  }
}

/** Bytes that are no UTF-8 match no account; replacing them could make two passwords equal. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
