import { noBytes } from '../bytes.js'
import { hex, refusedByProxy, SocksError } from '../errors.js'
import type { Established } from '../established.js'
import type { Dialect, Progress } from '../handshake-reader.js'
import {
  authMethod,
  type Credentials,
  encodeCredentials,
  encodeGreeting,
  encodeRequest,
  readAuthStatus,
  readMethod,
  readReply,
  type Socks5Request,
} from './messages.js'

/** The client's side of SOCKS5. The constructor encodes all its messages, so that bad values fail before any I/O. */
export class Socks5ClientHandshake implements Dialect<Established> {
  readonly greeting: Uint8Array
  readonly #credentials: Uint8Array | undefined
  readonly #request: Uint8Array
  readonly #isUdp: boolean
  #stage: 'method' | 'auth-status' | 'reply' = 'method'

  constructor(request: Socks5Request, credentials: Credentials | undefined) {
    this.#credentials = credentials && encodeCredentials(credentials)
    this.#request = encodeRequest(request)
    this.#isUdp = request.command === 'udp-associate'
    // "None" is offered beside the password, since a proxy without accounts may support no other method.
    this.greeting = encodeGreeting(credentials ? [authMethod.none, authMethod.password] : [authMethod.none])
  }

  read(bytes: Uint8Array): Progress<Established> | undefined {
    switch (this.#stage) {
      case 'method':
        return this.#readMethod(bytes)
      case 'auth-status':
        return this.#readAuthStatus(bytes)
      case 'reply':
        return this.#readReply(bytes)
    }
  }

  /** A client closes without a message. */
  refusal(): Uint8Array {
    return noBytes
  }

  #readMethod(bytes: Uint8Array): Progress<Established> | undefined {
    const method = readMethod(bytes)
    if (method === undefined) return undefined
    const { value, byteLength } = method
    if (value === authMethod.none) {
      this.#stage = 'reply'
      return { byteLength, output: this.#request, result: undefined }
    }
    if (value === authMethod.password && this.#credentials !== undefined) {
      this.#stage = 'auth-status'
      return { byteLength, output: this.#credentials, result: undefined }
    }
    if (value === authMethod.unacceptable) {
      const why =
        this.#credentials === undefined
          ? 'the proxy refuses clients without authentication; it probably requires a user name and a password'
          : 'the proxy accepts neither a user name with a password nor a client without authentication'
      throw new SocksError('ERR_SOCKS_AUTH_REQUIRED', why)
    }
    throw new SocksError('ERR_SOCKS_BAD_VALUE', `the proxy chose method ${hex(value)}, which was not offered`)
  }

  #readAuthStatus(bytes: Uint8Array): Progress<Established> | undefined {
    const status = readAuthStatus(bytes)
    if (status === undefined) return undefined
    if (!status.value) throw new SocksError('ERR_SOCKS_AUTH_FAILED', 'the proxy rejects the user or the password')
    this.#stage = 'reply'
    return { byteLength: status.byteLength, output: this.#request, result: undefined }
  }

  #readReply(bytes: Uint8Array): Progress<Established> | undefined {
    const reply = readReply(bytes)
    if (reply === undefined) return undefined
    const { code, byte, bound } = reply.value
    if (code !== 'succeeded') throw refusedByProxy(code, byte)
    if (this.#isUdp && bound === undefined) {
      throw new SocksError('ERR_SOCKS_BAD_VALUE', 'the proxy gives no valid address to send datagrams to')
    }
    return { byteLength: reply.byteLength, output: noBytes, result: { bound } }
  }
}
